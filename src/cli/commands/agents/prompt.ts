// karo prompt: named templates of a person, with versions and variables. Rendering puts values in, and runs nothing.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import {
  addPrompt,
  getPrompts,
  getPromptVersions,
  removePrompt,
  renderPrompt,
  showPrompt,
} from '../../../api/contract/operations/agents/memory.ts'
import { MOST_TEXT, MOST_VALUE, PROMPT_NAME } from '../../../api/contract/shapes.ts'
import { type Command, defineCommand, show } from '../../command.ts'
import { textFrom } from '../../input/text-from.ts'
import { checkText, defined, given, parseWhole } from '../../input/values.ts'
import { usage } from '../../usage.ts'
import { promptsView, promptView, versionsView } from '../../views/agents/prompts.ts'

const NAME = { name: 'name', required: true, description: 'see karo prompt list' } as const
const VERSION = { name: 'version', value: 'number', description: 'another version than the newest' } as const

const versionOf = (text: string | undefined) =>
  defined({ version: given(text, (number) => parseWhole(number, '--version', 1, 1_000_000)) }) as {
    readonly version?: number
  }

function nameOf(name: string): string {
  if (PROMPT_NAME.test(name)) return name
  throw usage(
    `'${name.slice(0, 80)}' is not the name of a prompt`,
    'NAME',
    'A name has at most 64 lower-case letters, digits and . _ -, and begins with a letter or a digit.',
  )
}

const add = defineCommand({
  name: 'prompt add',
  summary: 'add a prompt, or a new version of one; its variables are {{name}} and {{name=default}}',
  shows: addPrompt,
  args: [
    { name: 'name', required: true, description: 'small letters, digits, . _ -' },
    { name: 'file', required: true, description: 'the template; - for standard input', completes: 'file' },
  ],
  examples: [
    { run: 'karo prompt add review review.txt', does: 'prints its version and its variables' },
    {
      run: "echo 'Explain {{what}} in {{language=English}}' | karo prompt add explain -",
      does: 'a template in one line',
    },
  ],
  async ask({ args }) {
    const name = nameOf(args.name)
    const body = { name, text: checkText(await textFrom(args.file, MOST_TEXT), args.file, MOST_TEXT) }
    return { body }
  },
  view: promptView,
})

const list = defineCommand({
  name: 'prompt list',
  summary: 'list your prompts with their variables',
  shows: getPrompts,
  view: promptsView,
})

const showOne = defineCommand({
  name: 'prompt show',
  summary: 'show a prompt of yours with its variables',
  shows: showPrompt,
  args: [NAME],
  options: [VERSION],
  examples: [{ run: 'karo prompt show review --version 2', does: 'as it was then' }],
  ask({ args, options }) {
    const query = { name: nameOf(args.name), ...versionOf(options.version) }
    return { query }
  },
  view: promptView,
})

const versions = defineCommand({
  name: 'prompt versions',
  summary: 'list the stored versions of a prompt, newest first',
  shows: getPromptVersions,
  args: [NAME],
  examples: [{ run: 'karo prompt versions review', does: 'when each was added' }],
  ask: ({ args }) => ({ query: { name: nameOf(args.name) } }),
  view: versionsView,
})

const render = defineCommand({
  name: 'prompt render',
  summary: 'write the text of a prompt with its variables filled in; runs nothing',
  shows: renderPrompt,
  args: [
    NAME,
    {
      name: 'values',
      required: false,
      variadic: true,
      description: 'variable=value; variable=@file takes the text of a file, @- standard input',
    },
  ],
  options: [VERSION],
  examples: [
    {
      run: 'karo prompt render explain what=tar',
      does: 'fails if a variable has neither a value nor a default',
    },
    {
      run: 'git diff | karo prompt render review diff=@-',
      does: 'fills the variable diff with what a command prints',
    },
  ],
  async run(io, { args, options }) {
    const values: { name: string; value: string }[] = []
    for (const word of args.values) {
      const [name = '', value] = word.split(/=(.*)/s, 2)
      if (value === undefined || name === '')
        throw usage(`'${word.slice(0, 80)}' is not variable=value`, 'VALUES')
      values.push({ name, value: value.startsWith('@') ? await textFrom(value.slice(1), MOST_VALUE) : value })
    }
    const body = { name: nameOf(args.name), values, ...versionOf(options.version) }
    const { text, ...rest } = await daemonAt(io).call(renderPrompt, { body })
    return show(io, { ...rest, text }, () => (text.endsWith('\n') ? text : `${text}\n`))
  },
})

const remove = defineCommand({
  name: 'prompt remove',
  summary: 'remove a prompt with all of its versions',
  shows: removePrompt,
  args: [NAME],
  examples: [{ run: 'karo prompt remove review', does: 'it is gone for good' }],
  ask: ({ args }) => ({ body: { name: nameOf(args.name) } }),
  view: ({ name }) => `Removed ${name}.\n`,
})

export const commands: readonly Command[] = [add, list, showOne, versions, render, remove]
