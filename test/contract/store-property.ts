import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CommandRunner, commands } from './store-commands.ts'
import { gather, message, type OpenStore, withStore } from './store-contract.ts'
import { StoreModel } from './store-model.ts'

const QUEUED_MAX = 4

const level = fc.constantFrom('a', 'b', '', '$x')
const topicNames = fc.uniqueArray(
  fc.array(level, { minLength: 1, maxLength: 4 }).map(levels => levels.join('/')),
  { minLength: 1, maxLength: 30 },
)
const topicFilter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 3 }), fc.boolean())
  .map(([levels, rest]) => (rest || levels.length === 0 ? [...levels, '#'] : levels).join('/'))

/** The plainest matcher: one level after the other (v5 4.7). */
function matches(filter: readonly string[], name: readonly string[], first = true): boolean {
  const [wanted, ...wantedBelow] = filter
  const [found, ...foundBelow] = name
  if (first && found?.startsWith('$') === true && (wanted === '#' || wanted === '+')) return false
  if (wanted === '#') return true
  if (wanted === undefined || found === undefined) return wanted === found
  return (wanted === '+' || wanted === found) && matches(wantedBelow, foundBelow, false)
}

/** What every store does in whatever order it is asked. */
export function propertiesContract(open: OpenStore, runs: number): void {
  describe('in any order', () => {
    it('sessions, wills, subscriptions and queues are what a naive model says', async t => {
      const seed = randomInt(2 ** 31)
      t.diagnostic(`seed ${seed}`)
      await fc.assert(
        fc.asyncProperty(commands, list =>
          withStore(
            open,
            async (store, clock) => {
              const model = new StoreModel(QUEUED_MAX)
              const runner = new CommandRunner(store, clock)
              for (const command of list) {
                const expected = model.run(command, clock.nowMs())
                assert.deepEqual(await runner.run(command), expected, command.kind)
              }
            },
            { queuedMessagesMax: QUEUED_MAX },
          ),
        ),
        { seed, numRuns: runs },
      )
    })

    it('retained messages are those whose names match, one by one', async t => {
      const seed = randomInt(2 ** 31)
      t.diagnostic(`seed ${seed}`)
      await fc.assert(
        fc.asyncProperty(topicNames, fc.array(fc.nat(29), { maxLength: 10 }), topicFilter, (names, removed, filter) =>
          withStore(open, async store => {
            for (const topicName of names) await store.retained.put(message('m', { topicName }))
            const kept = new Set(names)
            for (const index of removed) {
              const topicName = names[index]
              if (topicName === undefined) continue
              await store.retained.remove(topicName)
              kept.delete(topicName)
            }
            const found = await gather(store.retained.match(filter, 0))
            assert.deepEqual(
              found.map(({ topicName }) => topicName).sort(),
              [...kept].filter(name => matches(filter.split('/'), name.split('/'))).sort(),
            )
          }),
        ),
        { seed, numRuns: runs },
      )
    })
  })
}
