// A small editor of the official ACP library, which starts the command that it is given and writes what it hears into a file.
//   acp-editor.mjs OUT PROMPT ANSWER COMMAND…    ANSWER: the id of the option that it chooses, or `wait` for nobody who answers;
//   `ID:FILE` chooses as soon as the file is there
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { client, methods, ndJsonStream, PROTOCOL_VERSION } from '@agentclientprotocol/sdk'

const [out, prompt, answer, program, ...words] = process.argv.slice(2)
const tell = (what) => appendFileSync(out, `${JSON.stringify(what)}\n`)

const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
child.once('exit', (code, signal) => {
  tell({ ended: { code, signal } })
  process.exit(0)
})
tell({ pid: child.pid })
const stream = ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout))
const app = client({ name: 'test-editor' })
  .onRequest(methods.client.session.requestPermission, async ({ params, signal }) => {
    tell({ asked: params })
    const [optionId, file] = answer.split(':')
    while (file !== undefined && !existsSync(file)) await setTimeout(20)
    if (answer !== 'wait') return { outcome: { outcome: 'selected', optionId } }
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    tell({ put: 'away' })
    return { outcome: { outcome: 'cancelled' } }
  })
  .onNotification(methods.client.session.update, ({ params }) => {
    if (params.update.sessionUpdate === 'agent_message_chunk')
      tell({ said: JSON.parse(params.update.content.text) })
    else tell({ update: params.update })
  })
const { agent } = app.connect(stream)
await agent.request(methods.agent.initialize, { protocolVersion: PROTOCOL_VERSION, clientCapabilities: {} })
const { sessionId } = await agent.request(methods.agent.session.new, { cwd: '/srv', mcpServers: [] })
for (const text of JSON.parse(prompt)) {
  const { stopReason } = await agent.request(methods.agent.session.prompt, {
    sessionId,
    prompt: [{ type: 'text', text: JSON.stringify(text) }],
  })
  tell({ stopReason })
}
child.stdin.end()
