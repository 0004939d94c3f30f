// #region client
import { readFileSync } from 'node:fs';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { relayStylePagination } from '@apollo/client/utilities';

const possibleTypes = JSON.parse(readFileSync('generated/possible-types.json', 'utf8'));

const makeCache = () =>
  new InMemoryCache({
    possibleTypes,
    typePolicies: {
      // Arguments that select other products are keys; those of paging are not.
      Query: { fields: { products: relayStylePagination(['filter', 'orderBy', 'search']) } },
      Product: { fields: { reviews: relayStylePagination(['orderBy']) } },
      // It has no ID, and each person has one.
      Viewer: { merge: true },
    },
  });

/** The client of a shop at url, such as https://shop.example/graphql. */
export const makeClient = (url, { token, persisted } = {}) =>
  new ApolloClient({
    cache: makeCache(),
    clientAwareness: { name: 'web', version: '1.0.0' },
    link: ApolloLink.from([
      new SetContextLink(({ headers }) => ({ headers: token ? { ...headers, authorization: `Bearer ${token}` } : headers })),
      ...(persisted ? [persisted] : []),
      // Without the name of this library in each address, a CDN has one answer for all clients.
      new HttpLink({ uri: url, enhancedClientAwareness: { transport: false } }),
    ]),
  });
// #endregion
