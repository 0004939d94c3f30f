import { persistedExchange } from '@urql/exchange-persisted';

// #region automatic
export const automatic = () => persistedExchange({ preferGetForPersistedQueries: true });
// #endregion

// #region trusted
export const trusted = () =>
  persistedExchange({ preferGetForPersistedQueries: true, enforcePersistedQueries: true, enableForMutation: true });
// #endregion
