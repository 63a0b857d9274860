// Characters that act on a terminal or hide from a reader, for tests that feed them to whatever shows text.

/** Control and format characters, what no font draws, and what has no meaning; by Unicode's own tables. */
export const UNSAFE =
  /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}\ufff9-\ufffb\u{13430}-\u{1345f}]/u

/** One of each kind. */
export const HOSTILE = [
  '\x1b[2J\x1b]0;owned\x07',
  '\x1b[8mhidden\x1b[31m',
  '\u009b2J\u009d0;owned\u009c',
  '\x7f\x08\r',
  '\0',
  'safe\u202etxt.exe',
  '\u2066a\u2069\u061c\u200e',
  '\u200b\u200d\u2060\ufeff',
  'so\u00adft\u034f\u3164\u115f\uffa0',
  '\ufe0f\u{e0100}',
  '\u{e0001}\u{e0041}\u{e007f}',
  '\u2028\u2029\u0085',
  '\ud800',
  '\ufffe\u{1d173}\ufff9',
] as const

/** All of them in one text, between words. */
export const EVERY_HOSTILE = `a${HOSTILE.join('b')}c`
