import { check, expiredToken, failure, onlyURL, token, url } from '../common/check.mjs';
import { ME, PRODUCT, PRODUCTS, RENAME, SHOP } from '../common/documents.mjs';
import { makeClient, trusted } from './client.mjs';

// #region error
/** The code of an error that the server answered with. */
const codeOf = (error) => error.response.errors[0].extensions.code;
// #endregion

const titleOf = async (client, slug) => (await client.request(PRODUCT, { slug })).product.title;

async function forward(first) {
  const client = makeClient(url);
  const slugs = [];
  for (let after, more = true; more; ) {
    const { edges, pageInfo } = (await client.request(PRODUCTS, { first, after })).products;
    slugs.push(...edges.map(({ node }) => node.slug));
    [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
  }
  return slugs;
}

async function backward(last) {
  const client = makeClient(url);
  const slugs = [];
  for (let before, more = true; more; ) {
    const { edges, pageInfo } = (await client.request(PRODUCTS, { last, before })).products;
    slugs.unshift(...edges.map(({ node }) => node.slug));
    [before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage];
  }
  return slugs;
}

const rename = async (input) => (await makeClient(url, { token }).request(RENAME, { input })).customerUpdate;

await check('graphql-request', {
  query: async () => (await makeClient(url, { method: 'GET' }).request(SHOP)).shop.name,
  variables: (slug) => titleOf(makeClient(url, { method: 'GET' }), slug),
  forward,
  backward,
  mutation: async (displayName) => (await rename({ displayName })).customer.displayName,
  'user error': async (expectedVersion) => (await rename({ displayName: 'X', expectedVersion })).userErrors[0],
  'expired token': async () => codeOf(await failure(makeClient(url, { token: expiredToken }).request(ME))),
  trusted: (slug) => titleOf(makeClient(onlyURL, { requestMiddleware: trusted() }), slug),
  'text refused': async (slug) => codeOf(await failure(titleOf(makeClient(onlyURL), slug))),
});
