// What a request leaves out: recipes, descriptions of options, own commands and a model's command keep to it.
import { beforeAll, expect, test } from 'vitest'
import { type AskOptions, findCommand } from '../../../../src/assist/copilot/ask.ts'
import type { Knowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { RECIPES } from '../../../../src/assist/copilot/recipes/index.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'
import { readRequests } from '../../../support/data/requests.ts'

let knowledge: Knowledge
beforeAll(async () => {
  ;({ knowledge } = await builtKnowledge())
})

const judge = (command: string) => checkCommand(command, { shell: 'bash' })
const ask = (words: string, more: Partial<AskOptions> = {}) =>
  findCommand(words, { shell: 'bash', judge, knowledge, ...more })
const offered = (words: string, more: Partial<AskOptions> = {}): readonly string[] => {
  const { command, alternatives } = ask(words, more)
  return [command ?? '', ...alternatives.map((one) => one.command)]
}

test.each(readRequests('requests-limits.txt'))('$words', ({ words, accepts }) => {
  expect(ask(words).command ?? '').toMatch(accepts)
})

test.each([
  'delete all files in ~',
  'delete all files in the current directory',
  'delete everything in /',
  'remove the directory ~',
])('%s: nobody is handed the whole of it', (words) => {
  for (const command of offered(words)) expect(command).not.toMatch(/^(?:sudo )?rm .*(?:^| )[~/.*]+$/)
})

/** The wording as somebody would type it, and something taken out of it. */
const EXAMPLES: Readonly<Record<string, string>> = {
  file: 'a.txt', file2: 'b.txt', dir: './src', dest: './backup', path: './src', ext: '.log', days: '3 days', size: '10M', n: '5', pid: '123', port: '8080', wait: '10 minutes', clock: '22:00', entry: '.cache',
} // biome-ignore format: a compact table
const typed = (wording: string): string =>
  wording.replace(/\{([a-z]+\d?)\}/g, (_, slot: string) => EXAMPLES[slot] ?? '"green"')
const NEGATED = /(?:!|-not|-v|-x|--exclude\S*|--no-\w+)(?:=| )(?:-name )?['"*]*(?:keepme)/

/** Begins with what changes something without destroying it. */
const CHANGES =
  /^(?:sudo |git (?:add|commit|push|merge|rebase|switch|stash|cherry-pick|revert)|docker (?:run|start|restart)|kubectl (?:apply|scale)|cp|mv|ln|chmod|sed -i|rsync|zip|tar -c)/

test('what is taken out of a request that destroys or changes something is never all that is left of it', () => {
  const wrong: string[] = []
  for (const { run, says, asks } of RECIPES) {
    if (asks === undefined && !CHANGES.test(run)) continue
    for (const limit of ['except keepme.txt', 'but not keepme'].slice(asks === undefined ? 1 : 0))
      for (const words of [`${typed(says[0] as string)} ${limit}`])
        for (const command of offered(words))
          if (command !== '' && !NEGATED.test(command)) wrong.push(`${words} → ${command}`)
  }
  expect(wrong).toEqual([])
})

test('own commands: what destroys is offered for what it is given only', () => {
  const own = (command: string) => [{ command, cwd: '/srv', exit_code: 0, risk_level: 'moderate' }]
  expect(offered('remove build', { own: own('rm -rf build dist') })).not.toContain('rm -rf build dist')
  expect(offered('remove build and dist', { own: own('rm -rf build dist') })).toContain('rm -rf build dist')
  expect(offered('remove all containers except db', { own: own('docker rm db') })).not.toContain(
    'docker rm db',
  )
})

test('a model, too, has to leave out what is to be left out', () => {
  const model = (command: string) => ({ model: { name: 'm', command } })
  const words = 'remove all tmp files except keep.tmp'
  expect(ask(words, model('find . -name keep.tmp -delete')).command).not.toBe('find . -name keep.tmp -delete')
  const right = "find . -name '*.tmp' ! -name keep.tmp -delete"
  expect(offered(words, model(right))).toContain(right)
})

test('sh is offered nothing that it cannot read', () => {
  expect(offered('lines that are in a.txt but not in b.txt')[0]).toContain('<(')
  for (const command of offered('lines that are in a.txt but not in b.txt', { shell: 'sh' }))
    expect(command).not.toContain('<(')
})
