import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(new URL(`documents/${name}.graphql`, import.meta.url), 'utf8');

// The texts of the documents, for clients that take texts.
export const SHOP = read('shop-name');
export const PRODUCT = read('product-by-slug');
export const PRODUCTS = read('product-list');
export const ME = read('me');
export const RENAME = read('rename');
