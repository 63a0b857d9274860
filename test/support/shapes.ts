// Types of answers that only tests name.
import type * as z from 'zod'
import type { taskList } from '../../src/api/contract/schemas/agents/agents.ts'
import type { artifactList, finished, shared } from '../../src/api/contract/schemas/agents/artifacts.ts'
import type { notesFound } from '../../src/api/contract/schemas/agents/memory.ts'
import type { told } from '../../src/api/contract/schemas/anomalies.ts'
import type { imports } from '../../src/api/contract/schemas/import.ts'
import type { people } from '../../src/api/contract/schemas/people.ts'
import type { processes } from '../../src/api/contract/schemas/processes.ts'
import type { heldSummaries, publishedSummaries } from '../../src/api/contract/schemas/share.ts'
import type { sessionCode, sessionList, tokenList } from '../../src/api/contract/schemas/tokens.ts'

export type ArtifactListShape = z.infer<typeof artifactList>
export type ArtifactSharedShape = z.infer<typeof shared>
export type ArtifactStoredShape = z.infer<typeof finished>
export type HeldSummariesShape = z.infer<typeof heldSummaries>
export type ImportListShape = z.infer<typeof imports>
export type NotesFoundShape = z.infer<typeof notesFound>
export type PeopleShape = z.infer<typeof people>
export type ProcessesShape = z.infer<typeof processes>
export type PublishedSummariesShape = z.infer<typeof publishedSummaries>
export type SessionCodeShape = z.infer<typeof sessionCode>
export type SessionListShape = z.infer<typeof sessionList>
export type TaskListShape = z.infer<typeof taskList>
export type TokenListShape = z.infer<typeof tokenList>
export type ToldShape = z.infer<typeof told>
