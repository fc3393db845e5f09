import assert from 'node:assert/strict';

import { inLocale, readsUtf8 } from '../../../src/lib/terminal/locale.js';

describe('text in a locale', () => {
  const text = 'Microsoft’s “room” sha256:… 1–2';

  it('is as it is where the locale reads UTF-8, or where none is named', () => {
    for (const locale of [{}, { LANG: 'C.UTF-8' }, { LC_ALL: 'en_US.utf8', LANG: 'C' }]) {
      assert.ok(readsUtf8(locale));
      assert.equal(inLocale(text, locale), text);
    }
  });

  it('has its marks in ASCII where the first variable that counts names another', () => {
    for (const locale of [{ LC_ALL: 'C' }, { LC_ALL: '', LC_CTYPE: 'POSIX', LANG: 'C.UTF-8' }])
      assert.equal(inLocale(text, locale), 'Microsoft\'s "room" sha256:... 1-2');
  });

  it('keeps the letters of a summary', () => {
    assert.equal(inLocale('Zürich wächst', { LC_ALL: 'C' }), 'Zürich wächst');
  });
});
