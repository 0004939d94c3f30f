// #region persisted
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createPersistedQueryLink } from '@apollo/client/link/persisted-queries/index.js';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';

export const automatic = () =>
  createPersistedQueryLink({
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    useGETForHashedQueries: true,
  });

export const trusted = () =>
  createPersistedQueryLink({
    ...generatePersistedQueryIdsFromManifest({
      loadManifest: () => JSON.parse(readFileSync('generated/manifest.json', 'utf8')),
    }),
    useGETForHashedQueries: true,
  });
// #endregion
