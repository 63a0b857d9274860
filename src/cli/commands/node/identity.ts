// karo identity: shows the node's id, sets the passphrase of its key, rotates the key, and makes a new one if it is lost.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { getIdentity, rotateIdentity } from '../../../api/contract/operations/status.ts'
import { systemClock, systemRandom } from '../../../base/clock.ts'
import { fingerprintWords } from '../../../base/words/fingerprint-words.ts'
import { loadConfig } from '../../../config/load.ts'
import { homePaths, servicePaths } from '../../../config/paths.ts'
import { newKey } from '../../../ops/care/new-key.ts'
import {
  abandonRotation,
  isProtectedKey,
  type PublicIdentity,
  prepareRotation,
  protectIdentityFile,
  readPublicIdentity,
  unprotectIdentityFile,
} from '../../../trust/identity/index.ts'
import { refuseLostKey } from '../../home.ts'
import {
  type CommandIo,
  defineCommand,
  fitted,
  formatFingerprint,
  KaroError,
  pairs,
  show,
  UNBOUNDED,
} from '../../kit.ts'
import { nodeOf } from '../../node-of.ts'
import { newPassphrase, passphraseFileOption, passphraseOf, withPassphrase } from '../../passphrase.ts'

const showOne = defineCommand('identity show', {
  summary: "show this node's id, fingerprint and name",
  examples: {
    'karo identity show': 'the fingerprint to read aloud to a person who will trust this node',
  },
  async run(io) {
    const { paths, service } = nodeOf(io.env)
    let self: { node_id: string; fingerprint: string; name: string }
    if (service) self = await io.call(getIdentity)
    else {
      refuseLostKey(paths)
      const { nodeId, fingerprint } = readPublicIdentity(paths.key)
      const { name } = loadConfig({ home: paths.home, env: io.env }).config.node
      self = { node_id: nodeId, fingerprint, name }
    }
    return show(io, self, ({ node_id, fingerprint, name }) =>
      pairs(UNBOUNDED, {
        name,
        'node id': node_id,
        fingerprint: formatFingerprint(fingerprint),
        'in words': fingerprintWords(fingerprint),
      }),
    )
  },
})

/** Of the person's own node. Throws KaroError `refused` where the node is the machine's, whose key its service alone can read. */
function ownKey({ env }: CommandIo, word: string): string {
  const { paths, service } = nodeOf(env)
  if (service)
    throw new KaroError('refused', "this machine's node has its key for its service alone", {
      where: `karo identity ${word}`,
      hint: `An administrator can: sudo runuser -u karo -- karo identity ${word} --home ${paths.home}`,
    })
  refuseLostKey(paths)
  return paths.key
}

function report(io: CommandIo, { nodeId, fingerprint, isProtected }: PublicIdentity, says: string): void {
  const shape = { node_id: nodeId, fingerprint, protected: isProtected }
  show(io, shape, () => fitted(says, io))
}

const protect = defineCommand('identity protect', {
  summary: "protect this node's key with a passphrase; karo up then needs it",
  options: { 'passphrase-file': passphraseFileOption },
  examples: {
    'runuser -u karo -- karo identity protect --home /var/lib/karo --passphrase-file - < secret':
      "the key of the machine's service",
  },
  async run(io, { options }) {
    const key = ownKey(io, 'protect')
    // Checked before the person is asked for a passphrase.
    const { isProtected } = readPublicIdentity(key)
    const passphrase = isProtected ? Buffer.alloc(0) : await newPassphrase(options['passphrase-file'])
    const done = withPassphrase(passphrase, (words) => protectIdentityFile(key, words, systemRandom))
    report(
      io,
      done,
      `The key has a passphrase now. Without it nobody can start this node, not even you.
The running daemon continues. For the next start: karo up asks in a terminal, identity.passphrase_file names a file,
and a systemd service has the credential karo-key-passphrase.
`,
    )
  },
})

/** Where the key has none there is nothing to ask for. */
const presentPassphrase = async (key: string, file: string | undefined) =>
  isProtectedKey(key) ? passphraseOf(file, 'Passphrase of the key: ') : Buffer.alloc(0)

const unprotect = defineCommand('identity unprotect', {
  summary: "remove the passphrase of this node's key",
  options: { 'passphrase-file': passphraseFileOption },
  async run(io, { options }) {
    const key = ownKey(io, 'unprotect')
    const passphrase = await presentPassphrase(key, options['passphrase-file'])
    const done = withPassphrase(passphrase, (words) => unprotectIdentityFile(key, words, systemRandom))
    report(io, done, 'The key has no passphrase now: anybody who can read the file can act as this node.\n')
  },
})

const rotate = defineCommand('identity rotate', {
  summary: "replace this node's key by a new one, signed by both keys; decisions about this node stay",
  shows: rotateIdentity,
  json: '{"node_id", "fingerprint", "protected", "state"}; state is announced, or waiting until karo up runs',
  options: {
    'passphrase-file': passphraseFileOption,
    contest:
      'also if somebody else has replaced this key: then neither successor gets data; needs a running node',
  },
  examples: {
    'karo identity rotate': 'others accept both keys for a day, and nobody has to trust this node again',
  },
  async run(io, { options }) {
    const key = ownKey(io, 'rotate')
    const { isProtected } = readPublicIdentity(key)
    const passphrase = await presentPassphrase(key, options['passphrase-file'])
    const contest = options.contest === true
    const { next, wasBegun } = withPassphrase(passphrase, (words) =>
      prepareRotation(key, words, systemClock.now(), systemRandom),
    )
    const state = await announced(io, contest)
    if (contest && state === 'waiting') {
      // That it contests is kept nowhere: `karo up` would take the rotation back without a word. One begun before may be known.
      if (!wasBegun) abandonRotation(key, systemRandom)
      throw new KaroError('not_running', '--contest needs a running node', {
        hint: 'Start the node with karo up, then run this command again.',
      })
    }
    const shape = { node_id: next.nodeId, fingerprint: next.fingerprint, protected: isProtected, state }
    const how =
      state === 'announced'
        ? 'It is announced; in a few seconds this node restarts with it.'
        : 'No node runs here: karo up announces the key, and uses it a few seconds later.'
    const after = contest
      ? `If another key also follows the old one, neither gets data until somebody decides: karo peers trust ${next.nodeId} on other nodes, or an issuer revokes the wrong key.`
      : `Others accept both keys for a day from now on. Their decisions about this node apply to the new key: nobody has to trust it again. Earlier backups contain the old key, so make a new backup.`
    const says = `The next key of this node is ${formatFingerprint(next.fingerprint)}. ${how}\n${after}\n`
    show(io, shape, () => fitted(says, io))
  },
})

/** Whether a daemon carries the rotation out now. Throws what it answers otherwise. */
async function announced(io: CommandIo, contest: boolean): Promise<'announced' | 'waiting'> {
  try {
    // The service's daemon listens elsewhere than in its home.
    const service = servicePaths({})
    const socket = homePaths(io.env).home === service.home ? service.socket : io.socket
    await daemonAt({ ...io, socket }).call(rotateIdentity, contest ? { query: { contest } } : {})
    return 'announced'
  } catch (error) {
    if (error instanceof KaroError && error.code === 'not_running') return 'waiting'
    throw error
  }
}

const anew = defineCommand('identity new', {
  summary: 'make a new key if the old one is lost for good; this makes another node with the same history',
  options: {
    replace: 'also where there is a key: it is kept beside the new one, for nobody',
  },
  examples: {
    'sudo karo identity new --replace': "of the machine's service, stopped before",
  },
  async run(io, { options }) {
    const { nodeId, fingerprint } = await newKey(nodeOf(io.env).paths, systemRandom, options.replace === true)
    report(
      io,
      { nodeId, fingerprint, isProtected: false },
      `This is another node now, ${formatFingerprint(fingerprint)}, with the history that was here.
Nobody knows its key yet: in a fleet it joins with an invite (karo join), elsewhere run karo peers trust for it on each node, and karo peers deny for the old key. This node still trusts the nodes that it trusted. Its ledger continues, and notes where the new key begins to sign.
`,
    )
  },
})

export const commands = [showOne, protect, unprotect, rotate, anew]
