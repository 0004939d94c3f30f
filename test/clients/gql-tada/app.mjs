import { check, expiredToken, failure, onlyURL, token, url } from '../common/check.mjs';
import { ME, PRODUCT, PRODUCT_BY_ID, SHOP } from './generated/js/src/documents.js';
import { all, ask, byID, codeOf, makeClient, rename } from './generated/js/src/shop.js';

const titleOf = async (client, document, slug) => (await ask(client, document, { slug })).product.title;

await check('gql.tada', {
  query: async () => (await ask(makeClient(url), SHOP, {})).shop.name,
  variables: (slug) => titleOf(makeClient(url), PRODUCT, slug),
  forward: (first) => all(url, { first }),
  backward: (last) => all(url, { last }),
  mutation: async (displayName) => (await rename(url, token, { displayName })).name,
  'user error': async (expectedVersion) => (await rename(url, token, { displayName: 'X', expectedVersion })).error,
  'expired token': async () => codeOf(await failure(ask(makeClient(url, expiredToken), ME, {}))),
  trusted: (slug) => titleOf(makeClient(onlyURL, undefined, byID()), PRODUCT_BY_ID, slug),
  'text refused': async (slug) => codeOf(await failure(titleOf(makeClient(onlyURL), PRODUCT, slug))),
});
