// karo ca export: what the mesh's root and issuers signed, as a file that can be verified elsewhere.
import { daemonAt } from '../../api/contract/client/socket.ts'
import { exportFleet } from '../../api/contract/operations/fleet.ts'
import { printable } from '../../base/format.ts'
import { defineCommand } from '../command.ts'
import { TO_FILE, writingTo } from '../output-file.ts'

/** Four thousand certificates. */
const EXPORT_BYTES = 16 * 1024 * 1024

export const exportMesh = defineCommand('ca export', {
  summary:
    'write certificates, revocation lists and the policy bundle to a file that can be verified without Karo',
  shows: exportFleet,
  options: { output: TO_FILE },
  json: 'NDJSON, one JSON document a line; with --output one document that says what is in the file',
  examples: {
    'karo ca export -o mesh.ndjson':
      'verify.py, in /usr/share/karo, verifies it on any machine with Python 3',
  },
  async run(io, { options }) {
    const file = options.output
    let documents = 0
    await writingTo(io, file, async (write) => {
      for await (const line of daemonAt(io).lines(exportFleet, { maxBytes: EXPORT_BYTES })) {
        if ('kind' in line) documents++
        write(`${JSON.stringify(line)}\n`)
      }
    })
    if (file !== undefined)
      io.out(
        io.json
          ? `${JSON.stringify({ file, documents })}\n`
          : `${documents} documents are in ${printable(file)}\n`,
      )
  },
})
