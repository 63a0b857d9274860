// When a hook is called silent: many commands over a while and no record, and in no other case.
import { expect, test } from 'vitest'
import { SILENT_MS, SILENT_ROUNDS } from '../../../../src/observe/processes/shell.ts'
import { createWatch } from '../../../../src/observe/processes/watch.ts'
import { machine } from './machine.ts'

function world() {
  const m = machine()
  const watch = createWatch(m)
  let shell = m.shell(100, 'zsh')
  const began = m.now()
  let pid = 1000
  watch.look([shell])
  return {
    m,
    watch,
    began,
    look: () => watch.look([shell]),
    /** Runs a command of two seconds, with the terminal, and comes back to the prompt. */
    command() {
      m.run(++pid, 'tool', 100)
      m.change(100, { foreground: pid })
      m.pass(1_000)
      watch.look([shell])
      m.end(pid)
      m.change(100, { foreground: 100 })
      m.pass(1_000)
      watch.look([shell])
    },
    recorded(paused = false) {
      shell = { ...shell, written: shell.written + 80, paused }
      watch.look([shell])
    },
  }
}

test('commands over ten minutes and not one record', () => {
  const { m, watch, command, began } = world()
  for (let i = 0; i < SILENT_ROUNDS; i++) command()
  expect(watch.silent(), 'too soon').toEqual([])
  m.pass(SILENT_MS)
  command()
  expect(watch.silent()).toEqual([{ uid: 1000, shell: 'zsh', since: began }])
})

test('a record ends it, and it begins anew from there', () => {
  const { m, watch, command, recorded } = world()
  for (let i = 0; i < SILENT_ROUNDS; i++) command()
  m.pass(SILENT_MS)
  recorded()
  const since = m.now()
  expect(watch.silent()).toEqual([])
  for (let i = 0; i < SILENT_ROUNDS; i++) command()
  m.pass(SILENT_MS)
  command()
  expect(watch.silent()).toEqual([{ uid: 1000, shell: 'zsh', since }])
})

test('a shell that has said it is paused is none of it, and counts anew once it records again', () => {
  const { m, watch, command, recorded } = world()
  const commands = () => {
    for (let i = 0; i < SILENT_ROUNDS; i++) command()
    m.pass(SILENT_MS)
    command()
  }
  recorded(true)
  commands()
  expect(watch.silent()).toEqual([])
  recorded()
  const since = m.now()
  expect(watch.silent()).toEqual([])
  commands()
  expect(watch.silent()).toEqual([{ uid: 1000, shell: 'zsh', since }])
})

test('one long line is none of it, however many programs it starts', () => {
  const { m, look, watch } = world()
  for (let i = 0; i < 900; i++) {
    // A loop: each program has the terminal, and between two of them the shell works.
    m.run(2000 + i, 'curl', 100)
    m.change(100, { foreground: 2000 + i })
    m.pass(700)
    look()
    m.end(2000 + i)
    m.change(100, { foreground: 100, state: 'R' })
    m.pass(300)
    look()
  }
  expect(watch.silent()).toEqual([])
})

test('a shell that waits, one that has gone, and a few commands are none of it', () => {
  const { m, watch, command } = world()
  for (let i = 0; i < SILENT_ROUNDS - 1; i++) command()
  m.pass(SILENT_MS * 3)
  expect(watch.silent()).toEqual([])
  command()
  expect(watch.silent()).toHaveLength(1)
  m.end(100)
  watch.look([])
  expect(watch.silent()).toEqual([])
})
