import { check, onlyURL, url } from '../common/check.mjs';
import { codeOf, features, titleOf } from '../common/plain.mjs';
import { serve } from './gateway.mjs';

const [open, only] = await Promise.all([serve(url), serve(onlyURL)]);

await check('Hive Gateway', {
  ...features(open.address),
  automatic: (slug) => titleOf(open.address, slug, 'status'),
  'unknown hash': (slug) => codeOf(titleOf(only.address, slug)),
});

await Promise.all([open, only].map(({ stop }) => stop()));
