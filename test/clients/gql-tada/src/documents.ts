import { graphql } from './graphql.js';

export const SHOP = graphql(`
  query ShopName {
    shop {
      name
    }
  }
`);

export const PRODUCT = graphql(`
  query ProductBySlug($slug: String!) {
    product(by: { slug: $slug }) {
      id
      title
    }
  }
`);

// #region trusted
// The editor's plugin fills in the hash. "gql.tada generate-persisted" writes the documents to
// the file that "souk documents push" reads.
export const PRODUCT_BY_ID = graphql.persisted(
  'sha256:a4b9d5315694a738a3918dfd3338f6f1881d898948f5ca3ba419473a1867a320',
  PRODUCT,
);
// #endregion

export const PRODUCTS = graphql(`
  query ProductList($first: Int, $after: String, $last: Int, $before: String) {
    products(first: $first, after: $after, last: $last, before: $before) {
      edges {
        node {
          slug
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`);

export const ME = graphql(`
  query Me {
    viewer {
      customer {
        displayName
      }
    }
  }
`);

export const RENAME = graphql(`
  mutation Rename($input: CustomerUpdateInput!) {
    customerUpdate(input: $input) {
      customer {
        displayName
      }
      userErrors {
        __typename
        code
        message
        ... on VersionConflict {
          currentVersion
        }
      }
    }
  }
`);
