// #region compose
import { defineConfig, loadGraphQLHTTPSubgraph } from '@graphql-mesh/compose-cli';

// Other services stand beside the shop in the list.
export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadGraphQLHTTPSubgraph('shop', {
        endpoint: 'https://shop.example/graphql',
        source: '../../../graph/schema.graphql',
      }),
    },
  ],
});
// #endregion
