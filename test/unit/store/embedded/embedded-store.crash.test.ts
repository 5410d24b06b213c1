import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '../../../../src/core/errors.ts'
import { EmbeddedStore } from '../../../../src/store/embedded/embedded-store.ts'
import { MemoryStore } from '../../../../src/store/memory-store.ts'
import type { Store } from '../../../../src/ports/store.ts'
import { type Command, CommandRunner, commands } from '../../../contract/store-commands.ts'
import { message } from '../../../contract/store-contract.ts'
import { FakeClock, FakeRandom } from '../../../support/fake-clock.ts'
import { FragileFolder } from '../../../support/fragile-folder.ts'
import { contents, dieAfter, openFragile } from '../../../support/recovered-store.ts'

/** Histories in each test: some beside all the other tests, many in `npm run test:chaos`. */
const RUNS = Number(process.env['CHAOS_RUNS'] ?? 80)
const CLIENTS = ['a', 'b', 'c']
const HOMES = ['node/1', 'node/2', 'node/3', 'node/4']
// So small that segments end, and are cleaned, all the time.
const limits = { segmentBytes: 400, reserveBytes: 600, cacheBytesMax: 200, queuedMessagesMax: 5 }

type RetainCommand = { readonly kind: 'retain'; readonly name: string; readonly text: string }
type CleanCommand = { readonly kind: 'clean' }
type AnyCommand = Command | RetainCommand | CleanCommand

const retain: fc.Arbitrary<RetainCommand> = fc.record({
  kind: fc.constant('retain' as const),
  name: fc.constantFrom('t/1', 't/2', 't/3'),
  text: fc.constantFrom('', 'r1', 'r2', 'r'.repeat(300)),
})

const cleaning: fc.Arbitrary<CleanCommand> = fc.constant({ kind: 'clean' as const })

const histories: fc.Arbitrary<AnyCommand[]> = fc
  .tuple(
    commands,
    commands,
    fc.array(fc.tuple(fc.nat(120), fc.oneof(retain, cleaning)), { maxLength: 30, size: 'max' }),
  )
  .map(([history, more, others]) => {
    const all: AnyCommand[] = [...history, ...more]
    for (const [at, command] of others) all.splice(at, 0, command)
    return all
  })

interface Player {
  play(command: AnyCommand): Promise<unknown>
}

function player(store: Store, clock: FakeClock): Player {
  const runner = new CommandRunner(store, clock)
  return {
    play: command => {
      if (command.kind === 'clean') return clean(store)
      if (command.kind !== 'retain') return runner.run(command)
      const { name: topicName, text } = command
      return text === ''
        ? store.retained.remove(topicName)
        : store.retained.put(message(text, { topicName, retain: true }))
    },
  }
}

/** Cleaning that fails is begun again another time. */
async function clean(store: Store): Promise<void> {
  if (store instanceof EmbeddedStore) await Promise.allSettled([store.cleaner.clean()])
}

/** What is there if exactly these commands were done before the crash. */
async function expected(history: readonly AnyCommand[], endMs: number): Promise<unknown> {
  const clock = new FakeClock()
  const store = new MemoryStore(clock, { queuedMessagesMax: limits.queuedMessagesMax })
  const { play } = player(store, clock)
  for (const command of history) await play(command)
  clock.advance(endMs - clock.nowMs())
  for (const home of HOMES) await store.sessions.abandon(home, endMs)
  return await contents(store, CLIENTS, endMs)
}

interface Run {
  readonly folder: FragileFolder
  readonly issued: readonly AnyCommand[]
  readonly acknowledged: ReadonlySet<number>
  readonly endMs: number
}

/** Plays a history until the process dies at its step number `lastStep`. */
async function playUntilDeath(
  history: readonly AnyCommand[],
  lastStep: number,
  durability: 'fsync' | 'os',
): Promise<Run> {
  const clock = new FakeClock()
  const folder = new FragileFolder()
  const random = new FakeRandom(lastStep)
  const store = await openFragile(folder, clock, { durability, limits })
  const life = dieAfter(folder, lastStep)
  const { play } = player(store, clock)
  const issued: AnyCommand[] = []
  const acknowledged = new Set<number>()
  for (const [index, command] of history.entries()) {
    issued.push(command)
    const answered = play(command).then(() => acknowledged.add(index))
    // A client waits for its answer as often as it does not; nobody waits for a dead process.
    if (command.kind === 'claim' || command.kind === 'takeDue' || random.fraction() < 0.5)
      await Promise.race([answered, life.dead])
    if (life.steps > lastStep) break
  }
  // A process that did not die by itself goes on while its files are looked at: what it says then does not count.
  return { folder, issued, acknowledged: new Set(acknowledged), endMs: clock.nowMs() }
}

/** Opens what is left, dies over it, and leaves that to a power cut. */
async function dieOpening(left: FragileFolder, endMs: number, lastStep: number): Promise<FragileFolder> {
  const life = dieAfter(left, lastStep)
  const opened = openFragile(left, new FakeClock(endMs), { limits }).then(store => store.close())
  await Promise.race([opened, life.dead])
  left.beforeStep = () => {}
  return left.afterPowerCut(new FakeRandom(lastStep))
}

/** Opens what is left, and says after which command the process would have had to die for that. */
async function assertNothingIsLost({ issued, acknowledged, endMs }: Run, left: FragileFolder): Promise<void> {
  const clock = new FakeClock(endMs)
  const store = await openFragile(left, clock, { limits })
  const found = await contents(store, CLIENTS, endMs)
  await store.close()
  let mayEndBefore = issued.length
  for (let done = issued.length; done >= 0; done--) {
    const state = await expected(issued.slice(0, done), endMs)
    if (done < issued.length && acknowledged.has(done)) {
      const after = await expected(issued.slice(0, done + 1), endMs)
      // What was acknowledged, and made a difference, must be there.
      if (!isDeepStrictEqual(state, after)) break
    }
    if (isDeepStrictEqual(found, state)) return
    mayEndBefore = done
  }
  assert.deepEqual(found, await expected(issued.slice(0, mayEndBefore), endMs))
}

/** Plays a history one command after the other while the disk is full, or broken, every now and then. */
async function playWithFailures(history: readonly AnyCommand[], random: FakeRandom): Promise<Run> {
  const clock = new FakeClock()
  const folder = new FragileFolder()
  const store = await openFragile(folder, clock, { limits })
  const { play } = player(store, clock)
  let failing = false
  folder.beforeStep = async step => {
    await new Promise<void>(turn => void setImmediate(turn))
    if (random.fraction() < 0.05) failing = !failing
    const changes = step === 'write' || step === 'sync' || step === 'create' || step === 'sync folder'
    if (failing && changes && random.fraction() < 0.7) throw random.fraction() < 0.5 ? full() : broken()
  }
  const issued: AnyCommand[] = []
  const issue = async (command: AnyCommand): Promise<boolean> => {
    const beforeMs = clock.nowMs()
    const refused = (await answerOf(play(command), clock)) === 'STORE_FULL'
    if (!refused) issued.push(command)
    const passedMs = command.kind === 'advance' ? 0 : clock.nowMs() - beforeMs
    if (passedMs > 0) issued.push({ kind: 'advance', seconds: passedMs / 1000 })
    return !refused
  }
  for (const command of history) await issue(command)
  folder.beforeStep = () => {}
  const last: AnyCommand = { kind: 'retain', name: 't/1', text: 'last' }
  while (!(await issue(last))) await issue({ kind: 'advance', seconds: 1 })
  await store.close()
  return { folder, issued, acknowledged: new Set(issued.keys()), endMs: clock.nowMs() }
}

/** Time goes on while an answer waits for the disk to recover. */
async function answerOf(answer: Promise<unknown>, clock: FakeClock): Promise<unknown> {
  let answered = false
  const done = answer
    .catch((error: unknown) => {
      if (error instanceof BrokerError) return error.code
      throw error
    })
    .finally(() => {
      answered = true
    })
  while (!answered) {
    await new Promise<void>(turn => void setImmediate(turn))
    if (!answered && (clock.nextTimerMs ?? Infinity) <= 5_000) clock.advance(clock.nextTimerMs ?? 0)
  }
  return await done
}

function full(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
}

function broken(): Error {
  return Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
}

describe('an embedded store', () => {
  const seed = Math.floor(Math.random() * 2 ** 31)

  it('has everything that was acknowledged, and nothing out of order, after a power cut at any step', async t => {
    t.diagnostic(`seed ${seed}`)
    const property = fc.asyncProperty(histories, fc.nat(400), async (history, lastStep) => {
      const run = await playUntilDeath(history, lastStep, 'fsync')
      const left = run.folder.afterPowerCut(new FakeRandom(lastStep))
      await assertNothingIsLost(run, await dieOpening(left, run.endMs, lastStep % 30))
    })
    await fc.assert(property, { seed, numRuns: RUNS })
  })

  for (const durability of ['fsync', 'os'] as const) {
    it(`has it with ${durability} after a crash of the process at any step`, async t => {
      t.diagnostic(`seed ${seed}`)
      const property = fc.asyncProperty(histories, fc.nat(400), async (history, lastStep) => {
        const run = await playUntilDeath(history, lastStep, durability)
        await assertNothingIsLost(run, run.folder.afterCrash())
      })
      await fc.assert(property, { seed, numRuns: RUNS / 2 })
    })
  }

  it('with os has, after a power cut, what was there at some moment before it', async t => {
    t.diagnostic(`seed ${seed}`)
    const property = fc.asyncProperty(histories, fc.nat(400), async (history, lastStep) => {
      const run = await playUntilDeath(history, lastStep, 'os')
      const left = run.folder.afterPowerCut(new FakeRandom(lastStep))
      await assertNothingIsLost({ ...run, acknowledged: new Set() }, left)
    })
    await fc.assert(property, { seed, numRuns: RUNS })
  })

  it('has everything that was acknowledged though writing fails again and again, and takes new things afterwards', async t => {
    t.diagnostic(`seed ${seed}`)
    const property = fc.asyncProperty(histories, fc.nat(), async (history, failing) => {
      const run = await playWithFailures(history, new FakeRandom(failing))
      await assertNothingIsLost(run, run.folder.afterPowerCut(new FakeRandom(failing)))
    })
    await fc.assert(property, { seed, numRuns: RUNS })
  })
})
