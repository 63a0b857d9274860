// The key locator against smol-toml: every key and array element of a random document is found on its line.

import { parse } from 'smol-toml'
import { describe, expect, test } from 'vitest'
import { locateKeys, type Path } from '../../../src/config/locate.ts'
import fc, { forAllIn } from '../../support/run/properties.ts'
import { times } from '../../support/run/thorough.ts'

/** A document is built around numbered marks, `m7`; a mark's line is where its value has to be found. */
class Writer {
  text = ''
  marks = 0
  readonly #pick: (n: number) => number

  constructor(pick: (n: number) => number) {
    this.#pick = pick
  }

  pick(n: number): number {
    return this.#pick(n)
  }

  one<T>(of: readonly T[]): T {
    return of[this.pick(of.length)]!
  }

  /** A key that is written bare, quoted or with an escape; always a fresh name, so that no key repeats. */
  key(): string {
    const name = `k${this.marks++}`
    return this.one([
      name,
      `"${name}"`,
      `'${name}'`,
      `"${name} = [#"`,
      `"${name}\\"\\u00e9]"`,
      `"${name}\\n."`,
    ])
  }

  dotted(): string {
    return Array.from({ length: 1 + this.pick(3) }, () => this.key()).join(this.one(['.', ' . ', '\t.']))
  }

  scalar(): string {
    const mark = `m${this.marks++}`
    return this.one([
      `"${mark}"`,
      `'${mark} # [x] = "'`,
      `"${mark} \\" ] } , # \\\\"`,
      `"""${mark}\nk = 1\n[x]\n\\"""" """"""`.replace('""" """"""', '"""'),
      `"""${mark} ""\\""""`,
      `'''${mark}\n[[y]]\n# ''z'''`,
      `"""${mark}""""`,
      `'''${mark}'''''`,
    ])
  }

  gap(): string {
    return this.one(['', ' ', '\n', ' # ] } , "\n', '\n\n\t', '\r\n'])
  }

  value(depth: number): string {
    const kind = depth > 2 ? 0 : this.pick(4)
    if (kind < 2) return this.scalar()
    const count = this.pick(4)
    const parts = Array.from({ length: count }, () =>
      kind === 2
        ? this.gap() + this.value(depth + 1) + this.gap()
        : `${this.gap()}${this.dotted()} = ${this.value(depth + 1)}${this.gap()}`,
    )
    const end = count > 0 && this.pick(2) === 0 ? `,${this.gap()}` : ''
    return kind === 2 ? `[${parts.join(',')}${end}]` : `{${parts.join(',')}${end}}`
  }

  document(): string {
    const arrays: string[] = []
    for (let block = this.pick(5); block >= 0; block--) {
      if (this.pick(3) === 0) this.text += this.one(['\n', '# [comment] k = 1 "\n', '\t\n', '\r\n'])
      for (let n = this.pick(4); n > 0; n--) {
        this.text += `${this.dotted()}${this.one(['=', ' = ', '\t=  '])}${this.value(0)}${this.one(['\n', ' # x\n', '\r\n'])}`
      }
      const style = this.pick(4)
      if (style === 0) this.text += `[${this.dotted()}]\n`
      if (style === 1) {
        const name = this.key()
        arrays.push(name)
        this.text += `[[${name}]]\n`
      }
      if (style === 2 && arrays.length > 0) this.text += `[[ ${this.one(arrays)} ]] # again\n`
      if (style === 3 && arrays.length > 0) this.text += `[${this.one(arrays)}.${this.key()}]\n`
    }
    return this.text
  }
}

function* leaves(value: unknown, path: Path): Generator<[Path, string]> {
  if (typeof value === 'string') yield [path, value]
  else if (Array.isArray(value)) for (const [i, v] of value.entries()) yield* leaves(v, [...path, i])
  else for (const [k, v] of Object.entries(value as object)) yield* leaves(v, [...path, k])
}

describe('locateKeys', () => {
  test('finds every value of a random document on the line it starts on', () => {
    let seen = 0
    forAllIn(
      { numRuns: 500 },
      fc.array(fc.nat({ max: 1000 }), { minLength: 40, maxLength: 400 }),
      (choices) => {
        let next = 0
        const text = new Writer((n) => choices[next++ % choices.length]! % n).document()
        const lineOf = locateKeys(text)
        for (const [path, value] of leaves(parse(text), [])) {
          const mark = /m\d+/.exec(value)![0]
          const at = text.search(new RegExp(`\\b${mark}\\b`))
          expect(lineOf(path), JSON.stringify(path)).toBe(text.slice(0, at).split('\n').length)
          seen++
        }
      },
    )
    // The property would hold for documents without values too.
    expect(seen).toBeGreaterThan(1000)
  })

  test('knows sections, dotted keys, list entries, and what stands around a key that is not there', () => {
    const lineOf = locateKeys(
      '# top\n[mesh]\nport = 1\nlisten = [\n  "a",\n  # no\n  "b",\n]\n\n[sharing]\nallow.peers = []\n',
    )
    expect(lineOf(['mesh'])).toBe(2)
    expect(lineOf(['mesh', 'port'])).toBe(3)
    expect(lineOf(['mesh', 'listen', 1])).toBe(7)
    expect(lineOf(['sharing', 'allow', 'peers'])).toBe(11)
    expect(lineOf(['sharing', 'allow'])).toBe(11)
    expect(lineOf(['mesh', 'missing', 'deep'])).toBe(2)
    expect(lineOf(['nothing'])).toBe(1)
  })

  test('ends on any text whatever', () => {
    forAllIn(
      { numRuns: times(300, 2_000) },
      fc.string({ unit: fc.constantFrom(...'[]{}="\'\\#.,\n a1'), maxLength: 60 }),
      (text) => {
        expect(locateKeys(text)(['x'])).toBeGreaterThan(0)
      },
    )
  })
})
