// #region graphql
import { initGraphQLTada } from 'gql.tada';
import type { introspection } from '../generated/graphql-env.js';

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: {
    CurrencyCode: string;
    DateTime: string;
    Decimal: string;
    HTML: string;
    JSON: unknown;
    Long: number;
    URL: string;
  };
}>();
// #endregion
