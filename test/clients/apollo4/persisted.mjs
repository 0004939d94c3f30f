// #region automatic
import { createHash } from 'node:crypto';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

export const automatic = () =>
  new PersistedQueryLink({
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    useGETForHashedQueries: true,
  });
// #endregion

// #region trusted
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';
import { readFileSync } from 'node:fs';

export const trusted = () =>
  new PersistedQueryLink({
    ...generatePersistedQueryIdsFromManifest({
      loadManifest: () => JSON.parse(readFileSync('generated/manifest.json', 'utf8')),
    }),
    useGETForHashedQueries: true,
  });
// #endregion
