// karo secret: a vault of the person's own for secrets, and which agents are given them.
import { resolve } from 'node:path'
import { RESTORE_BYTES } from '../../../api/contract/constants.ts'
import {
  allowSecret,
  backupVault,
  denySecret,
  destroyVault,
  getSecrets,
  initVault,
  lockVault,
  removeSecret,
  restoreVault,
  revealSecret,
  rotateVault,
  setSecret,
  unlockVault,
} from '../../../api/contract/operations/agents/vault.ts'
import {
  SECRET_NAME,
  type SecretListShape,
  type SecretShape,
  type VaultStateShape,
} from '../../../api/contract/shapes.ts'
import { withoutLineEnd } from '../../../trust/identity/index.ts'
import { chunksOf, jsonFrom } from '../../input/text-from.ts'
import {
  AGENT,
  type CommandIo,
  defineCommand,
  endOf,
  facts,
  KaroError,
  localTime,
  printable,
  type Screen,
  seconds,
  show,
  table,
  until,
  usage,
} from '../../kit.ts'
import { createOutput } from '../../output-file.ts'
import {
  newPassphrase,
  passphraseFileOption,
  passphraseOf,
  readHidden,
  withPassphrase,
} from '../../passphrase.ts'
import { canAsk } from '../../terminal/confirm.ts'

const MOST_BYTES = 64 * 1024

/** As `withPassphrase`, with the words in base64url. */
const withWords = <T>(words: Buffer, use: (text: string) => T): T =>
  withPassphrase(words, (bytes) => use(bytes.toString('base64url')))

/** Never an argument, which others see. `exact`: a line end at the end belongs to it. Throws KaroError `bad_request`. */
async function readValue(name: string, exact: boolean): Promise<Buffer> {
  const value = canAsk()
    ? await readHidden(`Value of ${name} (not shown): `, 'value', MOST_BYTES)
    : await readInput(exact)
  if (value.length > 0 && value.length <= MOST_BYTES) return value
  value.fill(0)
  throw usage(
    value.length === 0 ? 'the value is empty' : 'the value is longer than 64 KiB',
    'the value',
    `Type it, or write it to standard input: karo secret set ${name} < file`,
  )
}

async function readInput(exact: boolean): Promise<Buffer> {
  const chunks = await chunksOf(process.stdin, MOST_BYTES + 2)
  const all = Buffer.concat(chunks)
  for (const chunk of chunks) chunk.fill(0)
  return exact ? all : withoutLineEnd(all)
}

/** Does `work`; where the vault is locked and a person can be asked, unlocks it first. */
async function unlocked<T>(io: CommandIo, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isLocked = error instanceof KaroError && error.code === 'refused' && error.where === 'vault'
    if (!isLocked || !canAsk(io)) throw error
    await unlock(io, undefined, undefined)
    return work()
  }
}

async function unlock(io: CommandIo, file: string | undefined, seconds: number | undefined) {
  const { vault } = await needVault(io)
  if (vault.protection === 'credential') {
    if (file ?? seconds)
      throw usage('this vault opens by a credential: no --for, no --passphrase-file', 'vault')
    // The question has opened it.
    return vault
  }
  return withWords(await passphraseOf(file, 'Passphrase of your vault: '), (passphrase) =>
    io.call(unlockVault, { body: { passphrase, seconds } }),
  )
}

/** Before a person types what would have no place. Throws KaroError `not_found`. */
async function needVault(io: CommandIo) {
  const kept = await io.call(getSecrets)
  if (kept.vault.protection !== null) return kept
  throw new KaroError('not_found', 'you have no vault yet', {
    where: 'vault',
    hint: 'Make one: karo secret init',
  })
}

const backup = defineCommand('secret backup', {
  summary: 'write all your secrets into one file, encrypted with its own passphrase; only at a terminal',
  args: { file: { description: 'where to; it must not exist yet' } },
  options: { 'passphrase-file': passphraseFileOption },
  async run(io, { args, options }) {
    const path = resolve(args.file)
    await needVault(io)
    using output = createOutput(path)
    const words = await newPassphrase(options['passphrase-file'])
    const file = await withWords(words, (passphrase) =>
      unlocked(io, () => io.call(backupVault, { body: { passphrase } })),
    )
    output.write(`${JSON.stringify(file)}\n`)
    output.finish()
    return show(io, { file: path }, () => `Your secrets are in ${printable(path)}.\n`)
  },
})

const restore = defineCommand('secret restore', {
  summary: 'add the secrets of a backup file to your vault; no agent gets them until you permit it',
  shows: restoreVault,
  args: { file: { description: 'a file of karo secret backup' } },
  options: {
    'passphrase-file': passphraseFileOption,
    replace: 'also replace secrets with the same names',
  },
  async run(io, { args, options }) {
    const file = await jsonFrom(args.file, RESTORE_BYTES, 'this is not a file of karo secret backup')
    await needVault(io)
    const words = await passphraseOf(options['passphrase-file'], 'Passphrase of the file: ')
    return withWords(words, (passphrase) =>
      unlocked(io, async () =>
        show(
          io,
          await io.call(restoreVault, {
            body: { file: file as never, passphrase, replace: options.replace === true },
          }),
          ({ secrets }) =>
            `Restored ${secrets.map(({ name }) => printable(name)).join(', ') || 'nothing'}.\n`,
        ),
      ),
    )
  },
})

const ID_DIGITS = 8
const whoOf = ({ allowed }: SecretShape): string =>
  allowed
    .map(({ agent, tools }) => (tools.length === 0 ? agent : `${agent} (${tools.join(', ')})`))
    .join(', ') || 'nobody'

function vaultView({ protection, unlocked_until, has_credential }: VaultStateShape): string {
  if (protection === null)
    return `You have no vault yet. karo secret init${has_credential ? ', or --credential,' : ''}  makes one.\n`
  if (unlocked_until === null)
    return `Your vault is locked${
      protection === 'passphrase'
        ? '. karo secret unlock  opens it with its passphrase'
        : has_credential
          ? ' until its next use'
          : ': this daemon was not given its credential'
    }.\n`
  return `Your vault is unlocked until ${localTime(unlocked_until)}. karo secret lock  locks it.\n`
}

function secretsView({ vault, secrets }: SecretListShape, screen: Screen): string {
  const head = vaultView(vault)
  if (vault.protection === null) return head
  if (secrets.length === 0) return `${head}No secrets. karo secret set NAME  adds one.\n`
  const rows = table(screen, secrets, {
    NAME: 'name',
    ID: ({ id }) => id.slice(0, ID_DIGITS),
    CHANGED: 'changed_at',
    UNTIL: ({ expires_at }) => until(expires_at),
    'WHO MAY HAVE IT': {
      value: (one) => (one.problem === null ? whoOf(one) : `CANNOT BE USED: ${one.problem}`),
      style: ({ problem }) => (problem === null ? undefined : 'red'),
      wrap: true,
    },
  })
  return `${head}${rows}`
}

const KEPT = 'A running agent keeps its earlier value: karo agent stop  ends it.\n'

function secretView(secret: SecretShape, screen: Screen): string {
  const { name, id, note, problem, created_at, changed_at, version, expires_at } = secret
  return facts(screen, name, {
    id,
    'set first': localTime(created_at),
    changed: `${localTime(changed_at)} (version ${version})`,
    'kept until': until(expires_at),
    'may have it': whoOf(secret),
    note,
    problem,
  })
}

const NAME = {
  description: 'name of the secret, see karo secret list',
  completes: 'secret:list:name',
} as const

function nameOf(text: string): string {
  if (SECRET_NAME.test(text)) return text
  throw usage('a name has at most 64 letters, digits and . _ -, and begins with a letter or a digit', 'NAME')
}

const init = defineCommand('secret init', {
  summary: 'make your vault, protected by a new passphrase',
  shows: initVault,
  options: {
    'passphrase-file': passphraseFileOption,
    credential: "open the vault with the service's credential karo-vault instead of a passphrase",
  },
  examples: { 'karo secret init': 'asks for a passphrase twice; nobody can recover it' },
  async run(io, { options }) {
    // Before a person chooses a passphrase in vain.
    if ((await io.call(getSecrets)).vault.protection !== null)
      throw new KaroError('conflict', 'you have a vault already', {
        hint: 'karo secret rotate --passphrase changes its passphrase.',
      })
    const made = options.credential
      ? await io.call(initVault, { body: {} })
      : await withWords(await newPassphrase(options['passphrase-file']), (passphrase) =>
          io.call(initVault, { body: { passphrase } }),
        )
    return show(io, made, vaultView)
  },
})

const unlockIt = defineCommand('secret unlock', {
  summary: 'unlock your vault for some time, for you and for agents with permission',
  shows: unlockVault,
  options: {
    'passphrase-file': passphraseFileOption,
    for: { value: 'duration', reads: seconds('1m', '7d'), description: 'how long, 1m to 7d (default: 8h)' },
  },
  async run(io, { options }) {
    return show(io, await unlock(io, options['passphrase-file'], options.for), vaultView)
  },
})

const lock = defineCommand('secret lock', {
  summary: 'lock your vault; running agents keep the secrets that they have',
  shows: lockVault,
  view: vaultView,
})

const set = defineCommand('secret set', {
  summary: 'add a secret, or change its value: typed without being shown, or from standard input',
  shows: setSecret,
  args: { name: { reads: nameOf, description: 'letters, digits, . _ -' } },
  options: {
    ttl: {
      value: 'duration',
      reads: (text: string, where: string) => (text === 'never' ? null : endOf(text, where)),
      description: 'remove it after this time; never: keep it (default for a new secret)',
    },
    note: { value: 'words', description: 'what it is for' },
    exact: 'a line end at the end of standard input belongs to the value',
  },
  examples: {
    'karo secret set api-token --ttl 30d < file': 'from a file, for a month',
  },
  async run(io, { args, options }) {
    const { name } = args
    const { ttl: expires_at, note } = options
    await needVault(io)
    return withWords(await readValue(name, options.exact === true), (value) =>
      unlocked(io, async () =>
        show(
          io,
          await io.call(setSecret, { body: { name, value, expires_at, note } }),
          (secret, screen) => secretView(secret, screen) + (secret.allowed.length > 0 ? KEPT : ''),
        ),
      ),
    )
  },
})

const list = defineCommand('secret list', {
  summary: 'list your secrets, without their values, and who may have each',
  shows: getSecrets,
  examples: {
    'karo secret list': 'while the vault is unlocked, also whether a stored secret was altered',
  },
  view: secretsView,
})

const showOne = defineCommand('secret show', {
  summary: 'show one secret; its value only with --reveal, and at a terminal only',
  shows: getSecrets,
  json: 'one of `secrets`; never its value',
  args: { name: NAME },
  options: { reveal: 'show the value too; the ledger notes it' },
  async run(io, { args, options }) {
    const { secrets } = await needVault(io)
    const found = secrets.find(({ name }) => name === args.name)
    if (found === undefined)
      throw new KaroError('not_found', `you have no secret ${args.name.slice(0, 64)}`, {
        hint: 'karo secret list shows your secrets.',
      })
    if (!options.reveal) return show(io, found, secretView)
    if (io.json || !io.terminal)
      throw new KaroError('refused', 'a value is shown at a terminal only', {
        where: '--reveal',
        hint: 'An agent can be given the secret instead: karo secret allow.',
      })
    const { value } = await unlocked(io, () => io.call(revealSecret, { body: { name: args.name } }))
    const bytes = Buffer.from(value, 'base64url')
    io.out(Buffer.from(`${bytes}\n`))
    bytes.fill(0)
  },
})

const remove = defineCommand('secret remove', {
  summary: 'remove a secret; agents with permission for it are stopped',
  shows: removeSecret,
  args: { name: NAME },
  within: unlocked,
  view: ({ name }) => `Removed ${printable(name)}.\n`,
})

const rotate = defineCommand('secret rotate', {
  summary: 'encrypt all your secrets under a new key, in one step',
  shows: rotateVault,
  options: {
    passphrase: 'also change the passphrase: asks for the present one and a new one',
  },
  async run(io, { options }) {
    const said = ({ secrets }: { readonly secrets: number }): string =>
      `The vault has a new key; ${secrets} ${secrets === 1 ? 'secret was' : 'secrets were'} encrypted again under it.\n`
    if (!options.passphrase)
      return unlocked(io, async () => show(io, await io.call(rotateVault, { body: {} }), said))
    await needVault(io)
    return withWords(await passphraseOf(undefined, 'Present passphrase of your vault: '), (current) =>
      unlocked(io, async () =>
        withWords(await newPassphrase(undefined), async (next) =>
          show(io, await io.call(rotateVault, { body: { passphrases: { current, next } } }), said),
        ),
      ),
    )
  },
})

const allow = defineCommand('secret allow', {
  summary: 'permit one of your agents to have a secret; only at a terminal',
  shows: allowSecret,
  args: { name: NAME, agent: AGENT },
  options: {
    tool: {
      value: 'name',
      repeat: true,
      description: 'only while no other tool of the agent may be called',
    },
  },
  examples: {
    'karo secret allow api-token files': 'for the agent as it was added; see karo agent add --secret',
  },
  within: unlocked,
  ask: ({ args, options }) => ({ body: { ...args, tools: options.tool ?? [] } }),
  view: secretView,
})

const deny = defineCommand('secret deny', {
  summary: 'no longer let an agent have a secret; the agent is stopped if it runs',
  shows: denySecret,
  args: { name: NAME, agent: AGENT },
  within: unlocked,
  view: secretView,
})

const destroy = defineCommand('secret destroy', {
  summary: 'remove your vault with all secrets in it, even if its passphrase is lost',
  shows: destroyVault,
  sure: async () => ({ asks: 'Remove your vault with all secrets in it?' }),
  view: () => 'Removed, with all its secrets.\n',
})

export const commands = [
  init,
  unlockIt,
  lock,
  set,
  list,
  showOne,
  remove,
  rotate,
  allow,
  deny,
  backup,
  restore,
  destroy,
]
