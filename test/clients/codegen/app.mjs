import { check, expiredToken, failure, onlyURL, token, url } from '../common/check.mjs';
import { execute } from './generated/js/src/client.js';
import { all, rename } from './generated/js/src/shop.js';
import { ME, PRODUCT, SHOP } from './generated/js/src/documents.js';

const titleOf = async (to, slug, options) => (await execute(to, PRODUCT, { slug }, options)).product.title;

await check('codegen client preset', {
  query: async () => (await execute(url, SHOP, {})).shop.name,
  variables: (slug) => titleOf(url, slug),
  forward: (first) => all(url, { first }),
  backward: (last) => all(url, { last }),
  mutation: async (displayName) => (await rename(url, token, { displayName })).name,
  'user error': async (expectedVersion) => (await rename(url, token, { displayName: 'X', expectedVersion })).error,
  'expired token': async () => (await failure(execute(url, ME, {}, { token: expiredToken }))).code,
  trusted: (slug) => titleOf(onlyURL, slug, { byID: true }),
  'text refused': async (slug) => (await failure(titleOf(onlyURL, slug))).code,
});
