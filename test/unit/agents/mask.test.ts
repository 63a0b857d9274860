// Secrets in what an agent says: any secret, anywhere, in each way of writing it, and nothing else.
import { describe, expect, it } from 'vitest'
import { maskOf } from '../../../src/agents/runtime/mask.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const maskFor = (secret: string) => maskOf([{ name: 'T', bytes: Buffer.from(secret) }])
const secrets = fc.string({ minLength: 8, maxLength: 80, unit: 'grapheme' }).map((text) => `s${text}e`)
const around = fc.string({ maxLength: 20, unit: 'grapheme-ascii' })

describe('a secret is hidden', () => {
  const ways: Readonly<Record<string, (secret: string) => string>> = {
    plain: (secret) => secret,
    JSON: (secret) => JSON.stringify(secret).slice(1, -1),
    'JSON of ASCII': (secret) =>
      JSON.stringify(secret)
        .slice(1, -1)
        .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    URL: encodeURIComponent,
    form: (secret) => new URLSearchParams([['', secret]]).toString().slice(1),
    'JSON in JSON in JSON': (secret) => JSON.stringify(JSON.stringify(JSON.stringify(secret))).slice(7, -7),
    'URL in URL': (secret) => encodeURIComponent(encodeURIComponent(secret)),
    hex: (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  }
  it.each(Object.keys(ways))('as %s', (way) => {
    forAll(secrets, around, around, (secret, before, after) => {
      const written = (ways[way] as (typeof ways)[string])(secret.trim())
      const masked = maskFor(secret).text(`${before}${written}${after}`)
      expect(masked.includes(written)).toBe(false)
      expect(masked).toContain('[secret T]')
    })
  })

  it.each(['base64', 'base64url'] as const)('as %s, behind and before other bytes', (way) => {
    forAll(secrets, around, around, (secret, before, after) => {
      const masked = maskFor(secret).text(Buffer.from(`${before}${secret.trim()}${after}`).toString(way))
      expect(masked).toContain('[secret T]')
    })
  })

  it('as base64 in a URL, and wrapped in JSON in JSON', () => {
    forAll(secrets, (secret) => {
      const base64 = Buffer.from(`${secret.trim()}\u00ff\u00fe>>?`).toString('base64')
      const wrapped = JSON.stringify(JSON.stringify(base64.replace(/.{7}/g, '$&\r\n')))
      for (const written of [encodeURIComponent(base64), wrapped]) {
        const masked = maskFor(`${secret.trim()}\u00ff\u00fe>>?`).text(written)
        expect(masked.replaceAll('[secret T]', '').length).toBeLessThan(16)
      }
    })
  })

  it('with its lines each by itself', () => {
    const key = [
      '-----BEGIN KEY-----',
      'MIIEvQIBADANBgkqhkiG9w0BAQEF',
      'AASCBKcwggSjAgEAAoIBAQC7VJTU',
      '-----END KEY-----',
    ]
    const masked = maskFor(`${key.join('\n')}\n`)
    for (const line of key) expect(masked.text(`> ${line}`)).toBe('> [secret T]')
  })

  it('of any length', () => {
    const long = Array.from({ length: 3_000 }, (_, i) => `${i}${'(+/"'[i % 4]}`).join('')
    expect(maskFor(long).text(`a ${long} b`)).toMatch(/^a (?:\[secret T\])+ b$/)
    expect(
      maskFor(long).text(Buffer.from(long).toString('base64')).replaceAll('[secret T]', '').length,
    ).toBeLessThan(90)
  })

  it('of bytes that are no text', () => {
    const bytes = Buffer.from('00ff80c3281f8b0800112233445566778899', 'hex')
    const { text } = maskOf([{ name: 'T', bytes }])
    expect(text(`a ${bytes.toString('base64')} b ${bytes.toString('hex')}`)).toBe('a [secret T] b [secret T]')
  })

  it('as a number and as a name, and what is left is JSON', () => {
    const { value } = maskFor('48151623')
    expect(value({ a: 48151623, x48151623: [null, true, 'in 48151623'] })).toEqual({
      a: '[secret T]',
      'x[secret T]': [null, true, 'in [secret T]'],
    })
  })
})

it('leaves everything else, and does not look for what is too short to be a secret', () => {
  expect(maskOf([]).value({ a: [1, 'b'] })).toEqual({ a: [1, 'b'] })
  expect(maskFor('abc').text('abc')).toBe('abc')
  expect(maskFor('correct horse').text('correct  horse, and %63orrect')).toBe('correct  horse, and %63orrect')
})
