// karo dashboard: opens the page of this node in the person's browser, with a code that opens it once.
import { createSessionCode } from '../../../api/contract/operations/tokens.ts'
import { defineCommand, KaroError, printJson } from '../../kit.ts'
import { openBrowser } from '../../start/browser.ts'

export const commands = [
  defineCommand('dashboard', {
    summary:
      'open the dashboard of this node in your browser; the address is valid for a minute, for one tab',
    shows: createSessionCode,
    options: { 'no-open': 'only print the address' },
    async run(io, { options }) {
      const made = await io.call(createSessionCode)
      if (io.json) return printJson(io, made)
      if (made.page === null)
        throw new KaroError(
          'unavailable',
          'this node does not serve the dashboard: its API does not listen on TCP',
          {
            hint: 'karo doctor  says why; http.enabled in the configuration switches it on.',
          },
        )
      const address = `${made.page}/#code=${made.code}`
      io.out(`${address}\n`)
      const isOpened = options['no-open'] !== true && (await openBrowser(address, io.env))
      io.err(
        isOpened
          ? 'Opened in your browser. The address opens one tab, within a minute.\n'
          : 'Open it in a browser on this machine, within a minute. It opens one tab.\n',
      )
    },
  }),
]
