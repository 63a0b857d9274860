// What Cedar policies may speak of: entities, actions and context, as a Cedar schema. Policies are checked against it.
import { AGENT_ACTION, AGENT_OPERATIONS, APPROVE_ACTION, QUERY_ACTIONS } from '../types.ts'

const queries = QUERY_ACTIONS.map((action) => `"${action}"`).join(', ')

/** In Cedar's own syntax; `karo policy schema` prints it. */
export const SCHEMA = `// Roles and teams that the answering node knows the asker to have.
entity Role;
entity Team;

// Who asks: a node, or a person who signed in there. Somebody without a role of the role table is in Role::"individual".
// A node is named by its node id, and a person by the whole key, written in the same way. A node that rotated its key is
// also in the nodes of its other keys: "principal in Node::…" speaks of all of them, and "principal == Node::…" of one key.
entity Node in [Role, Team, Node] = {
  "node_id": String,
  "trust_level": String,
  "roles": Set<String>,
  "teams": Set<String>,
};

// A person is in the node that they ask through, so "principal in Node::…" speaks of both; "node_id" is that node's, and
// roles, teams and level are the person's.
entity Operator in [Role, Team, Node] = {
  "node_id": String,
  "trust_level": String,
  "roles": Set<String>,
  "teams": Set<String>,
};

// What is asked for. "teams" are those of the answering node. Node health is level 1 and has no category.
entity Data = {
  "level": Long,
  "category"?: String,
  "teams": Set<String>,
};

// "hour" is 0 to 23 and "weekday" 1 (Monday) to 7, in the answering node's own time; "k" is its sharing.k_min.
type Circumstances = {
  "hour": Long,
  "weekday": Long,
  "k": Long,
};

// "range_hours" is how long the time asked about is, "age_hours" how long ago it begins; both are rounded up.
type Question = {
  "hour": Long,
  "weekday": Long,
  "k": Long,
  "range_hours": Long,
  "age_hours": Long,
};

action ${queries} appliesTo {
  principal: [Node, Operator],
  resource: [Data],
  context: Question,
};

// To be sent the summaries of this node, decided for each category by itself.
action "summary.receive" appliesTo {
  principal: [Node, Operator],
  resource: [Data],
  context: Circumstances,
};

// An agent of the answering node, such as Agent::"kExecutor:build"; "kind" is what stands before the colon. It is about no
// data: "level" is 0.
entity Agent = {
  "level": Long,
  "category"?: String,
  "teams": Set<String>,
  "kind": String,
};

// "own": a person of the machine asks on it; "by_agent": an agent or an AI tool asks in that person's name. "operation" is one of
// ${AGENT_OPERATIONS.join(', ')}; "tool" is empty but for task and approve.
type Task = {
  "hour": Long,
  "weekday": Long,
  "k": Long,
  "own": Bool,
  "by_agent": Bool,
  "tool": String,
  "operation": String,
};

// To have an agent of this node do something, or to see it. Capabilities, risk and approvals are asked besides.
action "${AGENT_ACTION}" appliesTo {
  principal: [Node, Operator],
  resource: [Agent],
  context: Task,
};

// To see what waits for approval on this node, and to answer it, from another machine.
action "${APPROVE_ACTION}" appliesTo {
  principal: [Node, Operator],
  resource: [Agent],
  context: Task,
};
`
