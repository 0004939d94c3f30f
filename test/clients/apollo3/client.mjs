// #region client
import { readFileSync } from 'node:fs';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client/core/index.js';
import { setContext } from '@apollo/client/link/context/index.js';
import { relayStylePagination } from '@apollo/client/utilities/index.js';

const possibleTypes = JSON.parse(readFileSync('generated/possible-types.json', 'utf8'));

const makeCache = () =>
  new InMemoryCache({
    possibleTypes,
    typePolicies: {
      Query: { fields: { products: relayStylePagination(['filter', 'orderBy', 'search']) } },
      Viewer: { merge: true },
    },
  });

/** The client of a shop at url, such as https://shop.example/graphql. */
export const makeClient = (url, { token, persisted } = {}) =>
  new ApolloClient({
    cache: makeCache(),
    clientAwareness: { name: 'web', version: '1.0.0' },
    link: ApolloLink.from([
      setContext((_, { headers }) => ({ headers: token ? { ...headers, authorization: `Bearer ${token}` } : headers })),
      ...(persisted ? [persisted] : []),
      new HttpLink({ uri: url }),
    ]),
  });
// #endregion
