import { graphql } from '../generated/gql/index.js';

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

// #region mutation
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
// #endregion
