// What a request over TCP must look like before anything else reads it.

import { describe, expect, test } from 'vitest'
import {
  HOST as ADDRESS,
  authority,
  HEADERS_MAX,
  judgeHead,
  LOCAL_NAMES,
  URL_BYTES_MAX,
} from '../../../src/api/access/guard.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const PORT = 9237
const HOST = ['Host', '127.0.0.1:9237']
const judge = (rawHeaders: readonly string[], over: { method?: string; url?: string } = {}) =>
  judgeHead({ method: 'GET', url: '/api/v1/health', ...over, rawHeaders }, PORT)?.reason

test.each([
  ['its address', HOST],
  ['the name of the header in lower case', ['host', '127.0.0.1:9237']],
  [
    'what a page of ours sends',
    [...HOST, 'Origin', 'http://127.0.0.1:9237', 'Sec-Fetch-Site', 'same-origin'],
  ],
  ['what a person typed', [...HOST, 'Sec-Fetch-Site', 'none']],
])('passes: %s', (_, headers) => {
  expect(judge(headers)).toBeUndefined()
})

describe('Host', () => {
  test.each([
    ['none', []],
    ['a name that points here', ['Host', 'evil.example:9237']],
    ['a name that begins as ours', ['Host', '127.0.0.1:9237.evil.example']],
    ['no port', ['Host', '127.0.0.1']],
    ['another port', ['Host', '127.0.0.1:9238']],
    ['another address of this machine', ['Host', '127.0.0.2:9237']],
    ['any address', ['Host', '0.0.0.0:9237']],
    ['IPv6 of another port', ['Host', '[::1]:9238']],
    ['a name that begins as localhost', ['Host', 'localhost.example:9237']],
    ['userinfo', ['Host', 'evil@127.0.0.1:9237']],
    ['an empty one', ['Host', '']],
  ])('%s is refused', (_, headers) => {
    expect(judge(headers)).toBe('host')
  })

  test('whatever else it may be, too', () => {
    forAll(fc.string(), (host) => {
      fc.pre(LOCAL_NAMES.every((name) => host.toLowerCase() !== authority(PORT, name)))
      expect(judge(['Host', host])).toBe('host')
    })
  })

  test('of another program on ::1: localhost may lead there, so it is refused', () => {
    const at = (host: string) =>
      judgeHead({ method: 'GET', url: '/', rawHeaders: ['Host', host] }, PORT, [ADDRESS])?.reason
    expect([at('localhost:9237'), at('[::1]:9237')]).toEqual(['host', 'host'])
    expect(at('127.0.0.1:9237')).toBeUndefined()
  })

  test('of port 80 has no port, as browsers send it', () => {
    const at = (host: string) => judgeHead({ method: 'GET', url: '/', rawHeaders: ['Host', host] }, 80)
    expect([at('127.0.0.1'), at('localhost')]).toEqual([undefined, undefined])
    expect([at('localhost:80')?.reason, at('127.0.0.1:9237')?.reason]).toEqual(['host', 'host'])
  })
})

describe('where a browser says it comes from', () => {
  test.each([
    ['another site', ['Origin', 'https://evil.example']],
    ['a sandboxed frame or a file', ['Origin', 'null']],
    ['another port of this machine', ['Origin', 'http://127.0.0.1:8000']],
    ['https, which is not served here', ['Origin', 'https://127.0.0.1:9237']],
    ['another name of this machine', ['Origin', 'http://localhost:9237']],
    ['ours with something behind it', ['Origin', 'http://127.0.0.1:9237.evil.example']],
    ['an empty one', ['Origin', '']],
    ['a link or form elsewhere', ['Sec-Fetch-Site', 'cross-site']],
    ['another port, as browsers name it', ['Sec-Fetch-Site', 'same-site']],
    ['something new', ['Sec-Fetch-Site', 'SAME-ORIGIN']],
  ])('%s is refused', (_, headers) => {
    expect(judge([...HOST, ...headers])).toBe('cross_site')
  })
})

describe('what two readers could read differently', () => {
  test.each([
    ['two hosts', [...HOST, 'host', '127.0.0.1:9237']],
    ['two origins', [...HOST, 'Origin', 'http://127.0.0.1:9237', 'origin', 'https://evil.example']],
    ['two tokens', [...HOST, 'Authorization', 'Bearer a', 'authorization', 'Bearer b']],
    ['two cookie headers', [...HOST, 'Cookie', 'a=1', 'cookie', 'b=2']],
    ['two lengths', [...HOST, 'Content-Length', '1', 'content-length', '1']],
    ['too many headers', [...HOST, ...Array.from({ length: HEADERS_MAX }, (_, i) => [`x-${i}`, '1']).flat()]],
  ])('%s are refused', (_, headers) => {
    expect(judge(headers)).toBe('malformed')
  })

  test('as many headers as there may be pass', () => {
    const others = Array.from({ length: HEADERS_MAX - 1 }, (_, i) => [`x-${i}`, '1']).flat()
    expect(judge([...HOST, ...others])).toBeUndefined()
  })

  test.each([
    ['a proxy’s address', 'http://127.0.0.1:9237/api/v1/health'],
    ['no slash', 'api/v1/health'],
    ['the asterisk', '*'],
    ['raw bytes', '/api/v1/h\u00e9alth'],
    ['a blank', '/api/v1/ health'],
    ['a token', `/api/v1/status?token=karo_0123456789_${'A'.repeat(43)}`],
    ['a token in other case', `/api/v1/status?token=KARO_0123456789_${'A'.repeat(43)}`],
  ])('an address with %s is refused', (_, url) => {
    expect(judge(HOST, { url })).toBe('malformed')
  })

  test('an address that is too long is refused as such', () => {
    expect(judge(HOST, { url: `/${'a'.repeat(URL_BYTES_MAX - 1)}` })).toBeUndefined()
    const refused = judgeHead({ method: 'GET', url: `/${'a'.repeat(URL_BYTES_MAX)}`, rawHeaders: HOST }, PORT)
    expect(refused?.error.code).toBe('too_large')
  })

  test.each(['OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'get'])('the method %s is refused', (method) => {
    expect(judge(HOST, { method })).toBe('malformed')
    const refused = judgeHead({ method, url: '/api/v1/status', rawHeaders: HOST }, PORT)
    expect(refused?.error.code).toBe('not_found')
  })
})

test('what is said of a refusal repeats nothing of the request', () => {
  const secret = 'karo_0123456789_topsecret'
  for (const rawHeaders of [
    ['Host', secret],
    [...HOST, 'Origin', secret],
    [...HOST, 'X-A', '1'],
  ]) {
    const refused = judgeHead({ method: 'GET', url: `/?${secret}`, rawHeaders }, PORT)
    expect(`${refused?.error.message} ${refused?.error.hint}`).not.toContain('topsecret')
    expect(refused).toBeDefined()
  }
})
