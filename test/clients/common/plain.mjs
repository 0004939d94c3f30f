// What apps without a client library do: requests with fetch, for gateways.
import { ME, PRODUCT, PRODUCTS, RENAME, SHOP } from './documents.mjs';
import { expiredToken, failure, token } from './check.mjs';

async function ask(url, query, variables, token) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw Object.assign(new Error(errors[0].message), { code: errors[0].extensions?.code, errors });
  return data;
}

/** The title of a product. Another field makes it a text that nothing else sends. */
export async function titleOf(url, slug, anotherField) {
  const query = anotherField ? PRODUCT.replace('title', `title ${anotherField}`) : PRODUCT;
  return (await ask(url, query, { slug })).product.title;
}

export const codeOf = async (promise) => (await failure(promise)).code;

/** The features of an app that sends texts to url. */
export function features(url) {
  async function forward(first) {
    const slugs = [];
    for (let after, more = true; more; ) {
      const { edges, pageInfo } = (await ask(url, PRODUCTS, { first, after })).products;
      slugs.push(...edges.map(({ node }) => node.slug));
      [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
    }
    return slugs;
  }

  async function backward(last) {
    const slugs = [];
    for (let before, more = true; more; ) {
      const { edges, pageInfo } = (await ask(url, PRODUCTS, { last, before })).products;
      slugs.unshift(...edges.map(({ node }) => node.slug));
      [before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage];
    }
    return slugs;
  }

  const rename = async (input) => (await ask(url, RENAME, { input }, token)).customerUpdate;

  return {
    query: async () => (await ask(url, SHOP)).shop.name,
    variables: (slug) => titleOf(url, slug),
    forward,
    backward,
    mutation: async (displayName) => (await rename({ displayName })).customer.displayName,
    'user error': async (expectedVersion) => (await rename({ displayName: 'X', expectedVersion })).userErrors[0],
    'expired token': () => codeOf(ask(url, ME, {}, expiredToken)),
  };
}
