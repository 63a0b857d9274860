// The guard beside other tools of the prompt, loaded before it or after, in real shells.
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
import { until } from '../../support/run/until.ts'
import { startGuarded } from '../../support/shell/guarded-shell.ts'
import { commandsOf } from '../../support/shell/hooked-shell.ts'
import { PROMPT_TOOLS } from '../../support/shell/prompt-tools.ts'

describe.each(PROMPT_TOOLS)('beside $name in $program', ({ program, file, line, works, slow }) => {
  test.runIf(existsSync(file) && program !== 'dash').each(['before', 'after'] as const)(
    'loaded %s the guard: both work, and each command is recorded once',
    async (when) => {
      if (program !== 'bash' && program !== 'zsh' && program !== 'fish') return
      const harmless = program === 'fish' && !slow ? ['make one'] : []
      // What one of the tools is asked about.
      const before = program === 'fish' || slow ? [] : ['(exit 5)']
      const shell = await startGuarded({
        program,
        harmless: [...harmless, ...before, works],
        [when]: line,
        marked: true,
        env: { TERM: 'xterm-256color' },
        directory: temporaryDirectory(),
      })
      for (const typed of harmless) await shell.run(typed)
      await shell.noted('git push -f a', 'n')
      await shell.noted('git push -f b', 'y')
      const ran = [...harmless, 'git push -f b']
      await until(() => shell.ran().length === ran.length, { what: `${ran.length} commands` })
      for (const typed of before) await shell.run(typed)
      const from = shell.screen().length
      await shell.run(works)
      await until(() => /^yes/m.test(shell.screen().slice(from)), { what: 'the tool at work' })
      expect(shell.ran()).toEqual(ran)
      // Its record is written when it has ended, after its words are on the screen.
      const recorded = () => commandsOf(shell.spool).filter((command) => command !== '')
      await expect.poll(recorded).toEqual([...ran, ...before, works])
      expect(shell.notes()).toEqual(['declined high', 'confirmed high'])
    },
  )
})
