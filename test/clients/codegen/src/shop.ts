import type { CustomerUpdateInput, ProductListQuery, ProductListQueryVariables } from '../generated/gql/graphql.js';
import { execute } from './client.js';
import { PRODUCTS, RENAME } from './documents.js';

type Page = ProductListQuery['products'];

async function page(url: string, variables: ProductListQueryVariables): Promise<Page> {
  return (await execute(url, PRODUCTS, variables)).products;
}

/** Pages to the end, forward with first and backward with last. */
export async function all(url: string, size: { first: number } | { last: number }): Promise<string[]> {
  const slugs: string[] = [];
  let from: { after?: string | null; before?: string | null } | undefined = {};
  while (from) {
    const { edges, pageInfo }: Page = await page(url, { ...size, ...from });
    const came = edges.map(({ node }) => node.slug);
    if ('first' in size) {
      slugs.push(...came);
      from = pageInfo.hasNextPage ? { after: pageInfo.endCursor } : undefined;
    } else {
      slugs.unshift(...came);
      from = pageInfo.hasPreviousPage ? { before: pageInfo.startCursor } : undefined;
    }
  }
  return slugs;
}

// #region user error
/** Renames the customer who is signed in. The compiler knows which fields a VersionConflict has. */
export async function rename(url: string, token: string, input: CustomerUpdateInput) {
  const { customer, userErrors } = (await execute(url, RENAME, { input }, { token })).customerUpdate;
  const [error] = userErrors;
  if (error?.__typename === 'VersionConflict') {
    const { __typename, code, currentVersion } = error;
    return { error: { __typename, code, currentVersion } };
  }
  return { name: customer?.displayName };
}
// #endregion
