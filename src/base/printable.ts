// Makes foreign text (names, commands, rules, messages) safe to show: characters that act or hide are escaped.

/**
 * Characters that move the cursor, change colours, reorder or hide text, written out because Unicode's own tables load at
 * first use: control characters (C0, DEL, C1), characters that no font draws (Default_Ignorable_Code_Point of Unicode 16:
 * soft hyphen, fillers, zero width, marks of direction, invisible operators, variation selectors, tags), line and paragraph
 * separators, marks of annotation, musical and hieroglyphic format characters, noncharacters, and lone surrogates.
 */
const RANGES =
  '\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f' +
  '\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufdd0-\\ufdef\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff' +
  '\\u{13430}-\\u{1345f}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}' +
  Array.from(
    { length: 16 },
    (_, plane) => `\\u{${(plane + 1).toString(16)}fffe}\\u{${(plane + 1).toString(16)}ffff}`,
  ).join('')
const UNSAFE = new RegExp(`[${RANGES}]`, 'gu')
/** A line end, a colour of Karo's (Select Graphic Rendition, ECMA-48, 8.3.117), or an unsafe character. */
const OWN_OR_UNSAFE = new RegExp(`\\r?\\n|\\u001b\\[[0-9;:]*m|[${RANGES}]`, 'gu')
/** Sequences with which Karo redraws a line or the screen. */
const REDRAWS = /^(?:\r\x1b\[K|\x1b\[H\x1b\[2J)/
const PLAIN = /^[\x20-\x7e]*$/
const PLAIN_LINES = /^[\x20-\x7e\n\t]*$/

/** The character as an escape for people: `\n`, `\t`, `\x1b`, `\u{202e}`. */
function visible(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  const code = character.codePointAt(0)!
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** The text on one line, with escapes for unsafe characters. */
export const printable = (text: string): string => (PLAIN.test(text) ? text : text.replace(UNSAFE, visible))

/**
 * Makes a whole output safe, as the last step before a terminal. Lines and tabs stay; so do Karo's colours with `colour`,
 * and a redrawing sequence at the beginning with `redraws`.
 */
export function screened(
  output: string,
  { colour, redraws }: { readonly colour: boolean; readonly redraws: boolean },
): string {
  if (PLAIN_LINES.test(output)) return output
  const [head = ''] = redraws ? (REDRAWS.exec(output) ?? []) : []
  const safe = output.slice(head.length).replace(OWN_OR_UNSAFE, (found) => {
    if (found === '\t' || found.endsWith('\n')) return found
    return colour && found.length > 2 ? found : visible(found) + (found.length > 2 ? found.slice(1) : '')
  })
  return head + safe
}

/** The same JSON without unsafe characters: they can only stand inside its texts, where `\u` escapes replace them. */
export function inertJson(json: string): string {
  if (PLAIN_LINES.test(json)) return json
  return json.replace(UNSAFE, (found) => {
    // White space between the tokens of indented JSON stays.
    if (found === '\n' || found === '\t') return found
    let escaped = ''
    for (let i = 0; i < found.length; i++)
      escaped += `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`
    return escaped
  })
}

/** A value as a JSON document without unsafe characters. */
export const jsonText = (value: unknown): string => inertJson(JSON.stringify(value))

/**
 * Beginnings of a field that spreadsheets take for a formula (OWASP, CSV Injection), also behind quotes that csvText
 * added.
 */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
/** An escape of csvText, or text that looks like one. */
const ESCAPE = /\\u\{([0-9a-f]{1,6})\}/g

/**
 * A text as a field of CSV (RFC 4180) in which nothing runs or hides. A `'` goes before anything that a spreadsheet would
 * take for a formula; unsafe characters are written as `\u{202e}`, except line ends and tabs. `fromCsvText` undoes both
 * without loss, because a backslash before `u{` becomes `\u{5c}`, and a text that already has such a `'` gets another.
 */
export function csvText(text: string): string {
  const guarded = FORMULA.test(text) ? `'${text}` : text
  const marked = guarded.replace(/\\(?=u\{)/g, '\\u{5c}')
  const escaped = PLAIN.test(marked)
    ? marked
    : marked.replace(UNSAFE, (c) => (c === '\n' || c === '\t' ? c : `\\u{${c.codePointAt(0)!.toString(16)}}`))
  return /[",\n]/.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped
}

/** The text that was given to `csvText`; `field` comes without its quotes. */
export function fromCsvText(field: string): string {
  const text = field.includes('\\u{')
    ? field.replace(ESCAPE, (found, hex: string) => {
        const code = Number.parseInt(hex, 16)
        return code <= 0x10ffff ? String.fromCodePoint(code) : found
      })
    : field
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text
}
