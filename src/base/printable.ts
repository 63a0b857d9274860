// Text of others (names, commands, rules, messages) made safe to show and to hand on: whatever acts or hides is escaped.

/**
 * What moves a cursor, changes colours, reorders or hides text, written out because Unicode's own tables load on first use:
 * control characters (C0, DEL, C1), what no font draws (Default_Ignorable_Code_Point of Unicode 16: soft hyphen, fillers,
 * zero width, marks of direction, invisible operators, variation selectors, tags), line and paragraph separators, marks of
 * annotation, musical and hieroglyphic format characters, noncharacters, and surrogates without their other half.
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
/** A line end, a colour of ours (Select Graphic Rendition, ECMA-48, 8.3.117), or one of those. */
const OWN_OR_UNSAFE = new RegExp(`\\r?\\n|\\u001b\\[[0-9;:]*m|[${RANGES}]`, 'gu')
/** What we begin an output with to take the place of the one before: of a line, or of the screen. */
const REDRAWS = /^(?:\r\x1b\[K|\x1b\[H\x1b\[2J)/
const PLAIN = /^[\x20-\x7e]*$/
const PLAIN_LINES = /^[\x20-\x7e\n\t]*$/

/** As people read it: `\n`, `\t`, `\x1b`, `\u{202e}`. */
function visible(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  const code = character.codePointAt(0)!
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** One piece of text for people, on one line; what is unsafe becomes visible as an escape. */
export const printable = (text: string): string => (PLAIN.test(text) ? text : text.replace(UNSAFE, visible))

/**
 * A whole output for people: lines and tabs stay, with `colour` our own colours, with `redraws` what takes the place of an
 * output before, and nothing else that is unsafe. The last step before a terminal, whatever a view has left out.
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

/** JSON that says the same without anything unsafe in it: such characters can only be in its texts, which have `\u` for them. */
export function inertJson(json: string): string {
  if (PLAIN_LINES.test(json)) return json
  return json.replace(UNSAFE, (found) => {
    // What JSON has between its tokens, where it is laid out.
    if (found === '\n' || found === '\t') return found
    let escaped = ''
    for (let i = 0; i < found.length; i++)
      escaped += `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`
    return escaped
  })
}

/** A value as one JSON document without anything unsafe in it. */
export const jsonText = (value: unknown): string => inertJson(JSON.stringify(value))

/** What spreadsheets take for a formula where a field begins with it (OWASP, CSV Injection), also behind quotes of ours. */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
/** An escape of ours, or what would be taken for one. */
const ESCAPE = /\\u\{([0-9a-f]{1,6})\}/g

/**
 * A text as a field of CSV (RFC 4180), that nothing runs and nothing hides in. In front of what a spreadsheet would take for
 * a formula there is a `'`; what is unsafe is written `\u{202e}`, but for line ends and tabs within. Both are taken back by
 * `fromCsvText`, without loss: a backslash that stands before `u{` already is written `\u{5c}`, and a `'` before a `'` like
 * this one gets another.
 */
export function csvText(text: string): string {
  const guarded = FORMULA.test(text) ? `'${text}` : text
  const escaped = PLAIN.test(guarded)
    ? guarded.replace(/\\(?=u\{)/g, '\\u{5c}')
    : guarded
        .replace(/\\(?=u\{)/g, '\\u{5c}')
        .replace(UNSAFE, (c) => (c === '\n' || c === '\t' ? c : `\\u{${c.codePointAt(0)!.toString(16)}}`))
  return /[",\n]/.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped
}

/** What `csvText` was given; `field` without its quotes. */
export function fromCsvText(field: string): string {
  const text = field.includes('\\u{')
    ? field.replace(ESCAPE, (found, hex: string) => {
        const code = Number.parseInt(hex, 16)
        return code <= 0x10ffff ? String.fromCodePoint(code) : found
      })
    : field
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text
}
