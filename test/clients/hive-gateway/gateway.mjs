import { createServer } from 'node:http';
import { once } from 'node:events';

// #region gateway
import { readFileSync } from 'node:fs';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

/** The gateway of the supergraph, with the shop at url. */
const makeGateway = (url) =>
  createGatewayRuntime({
    supergraph: readFileSync('generated/supergraph.graphql', 'utf8'),
    transportEntries: {
      shop: {
        location: url,
        // Not propagateHeaders: where the shop does not know a hash, it leaves the headers
        // out of the request with the text (2.12).
        headers: [['authorization', '{context.headers.authorization}']],
        // The hash of a query is sent, and its text only when the shop does not know it.
        options: { apq: true },
      },
    },
  });
// #endregion

/** Serves the gateway on a port of this machine. */
export async function serve(url) {
  const gateway = makeGateway(url);
  const server = createServer(gateway).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${server.address().port}/graphql`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await gateway[Symbol.asyncDispose]();
    },
  };
}
