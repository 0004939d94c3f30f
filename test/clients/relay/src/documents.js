const { graphql } = require('relay-runtime');

exports.SHOP = graphql`
  query documentsShopQuery {
    shop {
      name
    }
  }
`;

exports.PRODUCT = graphql`
  query documentsProductQuery($slug: String!) {
    product(by: { slug: $slug }) {
      title
    }
  }
`;

exports.ME = graphql`
  query documentsMeQuery {
    viewer {
      customer {
        displayName
      }
    }
  }
`;

// #region list
exports.PRODUCTS = graphql`
  query documentsProductsQuery($first: Int, $last: Int) {
    ...documents_products @arguments(first: $first, last: $last)
  }
`;

exports.PRODUCTS_FRAGMENT = graphql`
  fragment documents_products on Query
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  )
  @refetchable(queryName: "documentsProductsPageQuery") {
    products(first: $first, after: $after, last: $last, before: $before) @connection(key: "documents_products") {
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
`;
// #endregion

// #region mutation
exports.RENAME = graphql`
  mutation documentsRenameMutation($input: CustomerUpdateInput!) {
    customerUpdate(input: $input) {
      customer {
        displayName
      }
      userErrors {
        __typename
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
// #endregion
