import { InfiniteQueryObserver, MutationObserver, QueryClient } from '@tanstack/query-core';
import { check, expiredToken, failure, onlyURL, token, url } from '../common/check.mjs';
import { ME, PRODUCT, PRODUCTS, RENAME, SHOP } from '../common/documents.mjs';
import { request, requestByID } from './client.mjs';

const client = () => new QueryClient({ defaultOptions: { queries: { retry: false } } });

async function titleOf(send, to, slug) {
  const data = await client().fetchQuery({
    queryKey: ['product', slug],
    queryFn: ({ signal }) => send(to, PRODUCT, { slug }, { signal }),
  });
  return data.product.title;
}

// #region paging
// pageParam are the variables of a page.
const list = (first) => ({
  queryKey: ['products'],
  queryFn: ({ pageParam, signal }) => request(url, PRODUCTS, pageParam, { signal }),
  initialPageParam: first,
  getNextPageParam: ({ products: { pageInfo } }) =>
    pageInfo.hasNextPage ? { first: 5, after: pageInfo.endCursor } : undefined,
  getPreviousPageParam: ({ products: { pageInfo } }) =>
    pageInfo.hasPreviousPage ? { last: 5, before: pageInfo.startCursor } : undefined,
});
// #endregion

async function all(start, more, fetchMore) {
  const observer = new InfiniteQueryObserver(client(), list(start));
  let result = await observer.refetch();
  while (result[more]) result = await observer[fetchMore]();
  return result.data.pages.flatMap(({ products }) => products.edges.map(({ node }) => node.slug));
}

async function rename(input) {
  const mutation = new MutationObserver(client(), { mutationFn: (input) => request(url, RENAME, { input }, { token }) });
  return (await mutation.mutate(input)).customerUpdate;
}

const me = () => client().fetchQuery({ queryKey: ['me'], queryFn: () => request(url, ME, {}, { token: expiredToken }) });

await check('TanStack Query', {
  query: async () => (await client().fetchQuery({ queryKey: ['shop'], queryFn: () => request(url, SHOP) })).shop.name,
  variables: (slug) => titleOf(request, url, slug),
  forward: (first) => all({ first }, 'hasNextPage', 'fetchNextPage'),
  backward: (last) => all({ last }, 'hasPreviousPage', 'fetchPreviousPage'),
  mutation: async (displayName) => (await rename({ displayName })).customer.displayName,
  'user error': async (expectedVersion) => (await rename({ displayName: 'X', expectedVersion })).userErrors[0],
  'expired token': async () => (await failure(me())).code,
  trusted: (slug) => titleOf(requestByID, onlyURL, slug),
  'text refused': async (slug) => (await failure(titleOf(request, onlyURL, slug))).code,
});
