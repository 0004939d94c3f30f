// #region gateway
import { readFileSync } from 'node:fs';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

/** Serves the supergraph, with the shop at url, on a port of this machine. */
export async function serve(url) {
  const gateway = new ApolloGateway({
    supergraphSdl: readFileSync('generated/supergraph.graphql', 'utf8'),
    buildService: () =>
      new RemoteGraphQLDataSource({
        url,
        // It sends the hash of a query, and the text only when the shop does not know it.
        apq: true,
        willSendRequest({ request, context }) {
          if (context.authorization) request.http.headers.set('authorization', context.authorization);
        },
      }),
  });
  const server = new ApolloServer({ gateway });
  const { url: address } = await startStandaloneServer(server, {
    listen: { host: '127.0.0.1', port: 0 },
    context: async ({ req }) => ({ authorization: req.headers.authorization }),
  });
  return { address, stop: () => server.stop() };
}
// #endregion
