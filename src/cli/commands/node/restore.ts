// karo restore: makes this home the node of a backup.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemClock } from '../../../base/clock.ts'
import { faultsFromEnv } from '../../../base/run/faults.ts'
import type { HomePaths } from '../../../config/paths.ts'
import type { BackupHead } from '../../../ops/care/archive.ts'
import { readPublicIdentity } from '../../../trust/identity/index.ts'
import { ENCRYPTION_WORDS, openerFor } from '../../backup-encryption.ts'
import { pathsFor } from '../../home.ts'
import { atHome, clauses, defineCommand, printable, printJson, say, shellWord } from '../../kit.ts'
import { passphraseFileOption } from '../../passphrase.ts'
import { refuseBesideMachine } from '../../start/user-unit.ts'
import { beforeEnd } from '../../terminal/interrupt.ts'
import { createLiveLine } from '../../terminal/live-line.ts'

export const commands = [
  defineCommand('restore', {
    summary: 'restore the node of a backup into this home, while no node runs here',
    args: { file: { description: 'a file of karo backup' } },
    options: {
      replace: 'keep the present node in before-restore-<date>; else the home has to be empty',
      'identity-file': {
        value: 'file',
        description: 'the secret key that opens an encrypted backup, as age-keygen wrote it',
      },
      'passphrase-file': passphraseFileOption,
      service: "restore the machine's service, in /var/lib/karo",
    },
    examples: {
      'karo restore /mnt/usb/karo.tar.age --identity-file key.txt':
        'of an encrypted backup; one with a passphrase asks for it',
      'karo restore karo.tar --home /tmp/look': 'into another directory, to inspect it',
      'sudo karo restore /var/backups/karo.tar --service --replace': 'the service, after it was stopped',
    },
    async run(io, { args, options }) {
      const service = options.service === true
      const paths = pathsFor(io.env, service)
      // It would be another node with the service's key, which commands of this person then ask.
      if (!service && !existsSync(paths.key)) {
        const hint = `If the service is meant:  sudo karo restore ${shellWord(args.file)} --service --replace. A node of your own needs another home: --home.`
        refuseBesideMachine(io.env, 'karo restore without --service', existsSync, hint)
      }
      // Loaded only now, because it needs the engine of the database, which no other short command does.
      const { restoreNode } = await import('../../../ops/care/restore.ts')
      const file = resolve(args.file)
      const opener = await openerFor(file, options)
      using line = createLiveLine(io)
      const { head, encryption, rows, closed, aside, config, keyKept } = await restoreNode({
        file,
        opener,
        paths,
        service,
        replace: options.replace === true,
        now: systemClock.now(),
        faults: faultsFromEnv(io.env),
        onStep: (text) => line.show(text),
        beforeEnd: (last) =>
          beforeEnd(() => {
            last()
            io.err('\nNothing was changed.\n')
          }),
      })
      line.end()
      if (io.json)
        return printJson(io, { ...head, encryption, rows, closed, key_kept: keyKept, aside, config })
      const says = clauses(
        `This is ${printable(head.name)} again, as of ${printable(head.created_at)}. The backup was ${ENCRYPTION_WORDS[encryption]}.`,
        ...aboutKey(paths, head, keyKept),
        // The backup does not know decisions that were made after it.
        'Nothing is shared with other nodes, and no agent may do anything, until each person here allows it again: karo share on, karo cap grant, karo secret allow.',
        service &&
          'On another machine nobody sees a history until you say whose it is: sudo karo people list.',
        closed.tokens > 0 && 'Every token for the REST API is withdrawn; karo token create makes new ones.',
        closed.invites > 0 &&
          `Open invites of the backup are cancelled (${closed.invites}), because they may have been used since; karo invite makes new ones.`,
        closed.members > 0 &&
          'Nodes that you denied or revoked after the backup are trusted as before: check karo peers.',
        aside !== undefined && `The previous node is in ${aside}.`,
        config !== undefined && `Its configuration is in ${config}; yours was not touched.`,
        (head.key || existsSync(paths.key)) &&
          `\nNext: ${service ? 'sudo systemctl start karo' : atHome('karo up', io)}`,
      )
      say(io, `${says.join('\n')}\n`)
    },
  }),
]

/** Which node this home is now, and what to do before it starts. A key may be used on one machine only. */
function aboutKey(
  paths: HomePaths,
  { key: fromBackup, node_id }: BackupHead,
  keyKept: boolean,
): readonly string[] {
  if (keyKept)
    return [
      'The key of this home was rotated after that backup, so it stays: others no longer accept the key in the backup.',
    ]
  if (fromBackup)
    return [
      'If the machine of the backup still runs this node, stop it there before you start it here: two machines with one key disconnect each other.',
      'If its key was rotated since (karo identity rotate), other nodes refuse this one: karo status says what to do.',
    ]
  if (existsSync(paths.key)) {
    // As with the copy from before an upgrade.
    if (readPublicIdentity(paths.key).nodeId === node_id) return []
    return [
      'The backup has no key. This node keeps its key, so other nodes do not recognise it as the node of the backup; the ledger says from which entry on this key signs.',
    ]
  }
  return [
    `The backup has no key, and the node does not start without one: put its identity.key into ${paths.home}, or make this another node: karo identity new --home ${paths.home}`,
  ]
}
