// The configuration of the node: each value, where it comes from, and what waits until it is in force.
import { useState } from 'preact/hooks'
import { getSettings } from '../../api/contract/operations/care.ts'
import type { SettingsShape } from '../../api/contract/shapes.ts'
import { Panel, Shown } from '../parts/panel.tsx'
import { Scroll } from '../parts/scroll.tsx'
import { type Columns, Table } from '../parts/table.tsx'
import { Code, Foreign, State } from '../parts/words.tsx'
import { useAnswer } from '../state/asked.ts'

type Setting = SettingsShape['keys'][number]

export function Settings() {
  const [words, setWords] = useState('')
  const [all, setAll] = useState(false)
  const asked = useAnswer(getSettings, ['config_reloaded'])
  const wanted = words.trim().toLowerCase()
  const found = (asked.data?.keys ?? []).filter(({ key, description, source }) =>
    wanted === '' ? all || source !== 'default' : `${key} ${description}`.toLowerCase().includes(wanted),
  )
  return (
    <Panel
      title="Configuration"
      wide
      note={<FileOf settings={asked.data} />}
      actions={
        <search class="filters">
          <input
            type="search"
            aria-label="Words in a key or its description"
            placeholder="mesh.port"
            value={words}
            onInput={({ currentTarget }) => setWords(currentTarget.value)}
          />
          <label>
            <input
              type="checkbox"
              checked={all}
              onChange={({ currentTarget }) => setAll(currentTarget.checked)}
            />{' '}
            defaults too
          </label>
        </search>
      }
    >
      <Shown
        asked={asked}
        empty={({ problem }) =>
          problem === null &&
          found.length === 0 && <p>{wanted === '' ? 'All keys have their defaults.' : 'No key matches.'}</p>
        }
      >
        {({ problem }) =>
          problem === null ? (
            <Scroll class="short" label="Keys of the configuration">
              <Table caption="Configuration" rows={found} keyOf="key" columns={COLUMNS} />
            </Scroll>
          ) : (
            <p class="note bad">
              <Foreign text={problem} />
            </p>
          )
        }
      </Shown>
    </Panel>
  )
}

const FileOf = ({ settings }: { readonly settings: SettingsShape | undefined }) =>
  settings?.file == null ? (
    <>Values of the configuration file and of the environment.</>
  ) : (
    <>
      From <Code text={settings.file} /> and the environment of the daemon.
    </>
  )

const COLUMNS: Columns<Setting> = {
  Key: ({ key }) => <code>{key}</code>,
  Value: { cell: ({ value }) => <Code text={value} />, wraps: true },
  From: 'source',
  'In force': ({ waits }) =>
    waits === null ? (
      'yes'
    ) : (
      <State tone="warn">{waits === 'reload' ? 'after a reload' : 'after a restart'}</State>
    ),
  Meaning: { cell: ({ description }) => <span class="quiet">{description}</span>, long: true },
}
