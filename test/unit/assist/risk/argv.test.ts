// Commands given as exact words: judged like their quoted line, and never through the grammar of a shell.

import { describe, expect, it } from 'vitest'
import { checkArgv, checkCommand } from '../../../../src/assist/risk/index.ts'
import { quoteShell } from '../../../../src/base/quote.ts'
import fc, { anyText, forAll, forAllIn } from '../../../support/run/properties.ts'

const rulesOf = (argv: readonly string[], options: Parameters<typeof checkArgv>[1] = {}) =>
  checkArgv(argv, options).matches.map(({ rule }) => rule)

/** Tools and words that rules speak of, so that many of the lists are dangerous. */
const WORDS = [
  ...['rm', 'git', 'dd', 'chmod', 'find', 'sudo', 'env', 'sh', 'bash', 'kubectl', 'docker', 'curl', 'xargs'],
  ...['-rf', '-R', '-c', '-f', '--force', 'push', 'delete', 'of=/dev/sda', 'if=/dev/zero', '777', '-exec'],
  ...['/', '/etc', '/home', 'src', 'main', 'ns', 'file.txt', '/dev/sda', 'https://example.com/x', '{}', ';'],
]

describe('checkArgv', () => {
  it('judges plain words like the line in which each word is quoted', () => {
    const word = fc.oneof(fc.constantFrom(...WORDS), fc.stringMatching(/^[\w./@:,+-]{1,12}$/))
    forAllIn({ numRuns: 400 }, fc.constantFrom(...WORDS), fc.array(word, { maxLength: 6 }), (tool, rest) => {
      const argv = [tool, ...rest]
      const asWords = checkArgv(argv)
      const asLine = checkCommand(argv.map(quoteShell).join(' '), {})
      expect(asWords.risk_level).toBe(asLine.risk_level)
      expect(asWords.matches.map(({ rule }) => rule)).toEqual(asLine.matches.map(({ rule }) => rule))
    })
  })

  it('reads no metacharacter of a word as syntax', () => {
    const hostile = fc.constantFrom(
      '; rm -rf /',
      '$(rm -rf /)',
      '`rm -rf /`',
      '| sh',
      '&& reboot',
      '> /dev/sda',
      "'; rm -rf / #",
      '\n rm -rf /',
      '$HOME',
      '<(sh)',
    )
    forAll(hostile, fc.constantFrom('ls', 'cat', 'git', 'echo', 'grep'), (text, tool) => {
      expect(checkArgv([tool, text]).risk_level).not.toBe('critical')
    })
    expect(checkArgv(['ls', '$(rm -rf /)']).risk_level).toBe('safe')
    expect(checkCommand('ls $(rm -rf /)', {}).risk_level).toBe('critical')
  })

  it('judges the text that a shell among the words reads', () => {
    expect(rulesOf(['sh', '-c', 'ls; rm -rf /'])).toContain('rm-root')
    expect(rulesOf(['sudo', 'bash', '-lc', 'true && rm -rf /'])).toContain('rm-root')
    expect(rulesOf(['find', '/', '-exec', 'rm', '-rf', '{}', '+']).length).toBeGreaterThan(0)
  })

  it('judges what a shell gets on standard input, and a variable that holds a command', () => {
    expect(rulesOf(['bash'], { input: 'rm -rf /' })).toContain('rm-root')
    expect(checkArgv(['cat'], { input: 'rm -rf /' }).risk_level).toBe('safe')
    expect(rulesOf(['git', 'fetch'], { env: { GIT_SSH_COMMAND: 'rm -rf /' } })).toContain('rm-root')
    expect(rulesOf(['sh', '-c', 'rm -rf $TARGET'], { env: { TARGET: '/' } })).toContain('rm-root')
  })

  it('resolves relative paths against the directory', () => {
    expect(rulesOf(['rm', '-rf', '..'], { cwd: '/srv' })).toContain('rm-root')
  })

  it('is never Safe for what it could not read', () => {
    expect(checkArgv([]).risk_level).not.toBe('safe')
    expect(checkArgv(['ls', 'a\0b']).risk_level).not.toBe('safe')
    expect(checkArgv(Array.from({ length: 3_000 }, () => 'x')).risk_level).not.toBe('safe')
    expect(checkArgv(['sh'], { input: 'x'.repeat(70_000) }).risk_level).not.toBe('safe')
    expect(checkArgv(['cat', 'x'.repeat(70_000)]).risk_level).not.toBe('safe')
  })

  it('never throws, and gives places inside its line', () => {
    forAllIn({ numRuns: 300 }, fc.array(anyText(), { maxLength: 8 }), (argv) => {
      const { command, matches } = checkArgv(argv)
      for (const { span } of matches) expect(span[1]).toBeLessThanOrEqual(command.length)
    })
  })
})
