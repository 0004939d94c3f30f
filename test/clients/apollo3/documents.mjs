import { gql } from '@apollo/client/core/index.js';

export const SHOP = gql`
  query ShopName {
    shop {
      name
    }
  }
`;

export const PRODUCT = gql`
  query ProductBySlug($slug: String!) {
    product(by: { slug: $slug }) {
      id
      title
      description
    }
  }
`;

export const PRODUCTS = gql`
  query ProductList($first: Int, $after: String, $last: Int, $before: String) {
    products(first: $first, after: $after, last: $last, before: $before) {
      edges {
        cursor
        node {
          id
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
`;

export const ME = gql`
  query Me {
    viewer {
      customer {
        id
        displayName
      }
    }
  }
`;

export const RENAME = gql`
  mutation Rename($input: CustomerUpdateInput!) {
    customerUpdate(input: $input) {
      customer {
        id
        displayName
      }
      userErrors {
        code
        message
        field
        ... on VersionConflict {
          currentVersion
        }
      }
    }
  }
`;
