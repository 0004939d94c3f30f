// #region client
import { readFileSync } from 'node:fs';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';

const schema = JSON.parse(readFileSync('generated/schema.json', 'utf8'));

const cache = () =>
  cacheExchange({
    schema,
    // Objects without an ID belong to the object above them.
    keys: { Viewer: () => null, Shop: () => null, Money: () => null, PriceRange: () => null, ReviewSummary: () => null },
    resolvers: {
      Query: { products: relayPagination() },
      Product: { reviews: relayPagination() },
    },
  });

/** The client of a shop at url, such as https://shop.example/graphql. Short queries are GETs. */
export const makeClient = (url, { token, persisted } = {}) =>
  new Client({
    url,
    exchanges: [cache(), ...(persisted ? [persisted] : []), fetchExchange],
    fetchOptions: { headers: token ? { authorization: `Bearer ${token}` } : {} },
  });
// #endregion
