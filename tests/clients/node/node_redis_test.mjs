// node-redis against the server at NACRE_PORT, in RESP2, in RESP3, and as it connects by itself.

import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, test} from 'node:test';
import {forEachVersion, readyAgain} from './support.mjs';

const port = Number(process.env.NACRE_PORT);

const modules = {
  5: {name: 'redis', nodeMin: 18, protocol: 2},
  6: {name: 'redis6', nodeMin: 20, protocol: 3},
};

// RESP: what the client is told to speak, if anything. protocol: what it is to speak then.
function suite({createClient, WatchError}, RESP, protocol) {
  async function connect(options = {}) {
    const client = createClient({socket: {port}, ...(RESP && {RESP}), ...options});
    client.on('error', (error) => console.error(error));
    return client.connect();
  }

  let a;
  let b;
  before(async () => {
    a = await connect();
    b = await connect();
  });
  after(async () => {
    await a.close();
    await b.close();
  });
  beforeEach(async () => {
    await a.flushAll();
  });

  test('the protocol is the one asked for', async () => {
    const hello = await a.sendCommand(['HELLO']);
    assert.equal(Array.isArray(hello), protocol === 2);
    assert.equal(protocol === 2 ? hello[hello.indexOf('proto') + 1] : hello.proto, protocol);
  });

  test('strings', async () => {
    assert.equal(await a.ping(), 'PONG');
    assert.equal(await a.set('k', 'v'), 'OK');
    assert.equal(await a.get('k'), 'v');
    assert.equal(await a.get('missing'), null);
    assert.equal(await a.set('k', 'w', {condition: 'NX'}), null);
    assert.equal(await a.set('k', 'w', {GET: true}), 'v');
    assert.equal(await a.set('k', 'x', {expiration: {type: 'EX', value: 1000}}), 'OK');
    const ttl = await a.ttl('k');
    assert.ok(ttl > 990 && ttl <= 1000);
    assert.equal(await a.mSet({m: '1', n: '2'}), 'OK');
    assert.deepEqual(await a.mGet(['m', 'missing', 'n']), ['1', null, '2']);
    assert.equal(await a.incrBy('n', 40), 42);
    assert.equal(await a.append('k', 'yz'), 3);
    assert.equal(await a.strLen('k'), 3);
    assert.deepEqual((await a.keys('*')).sort(), ['k', 'm', 'n']);
    assert.equal(await a.exists(['k', 'missing', 'm']), 2);
    assert.equal(await a.del(['k', 'missing']), 1);
    assert.equal(await a.dbSize(), 2);
  });

  test('binary and large values', async () => {
    const value = 'ü\u0000\r\n'.repeat(300_000);
    await a.set('k', value);
    assert.equal(await a.get('k'), value);
  });

  test('connection commands', async () => {
    assert.equal(await a.clientSetName('tester'), 'OK');
    assert.equal(await a.clientGetName(), 'tester');
    assert.notEqual(await a.clientId(), await b.clientId());
    assert.match(await a.info(), /redis_version/);
    assert.ok(Number((await a.configGet('maxclients')).maxclients) > 0);
    await assert.rejects(a.sendCommand(['NOSUCHCOMMAND']), /unknown command/);
  });

  test('pipelines', async () => {
    const replies = await Promise.all(
      Array.from({length: 2000}, (_, i) => [a.set(`k${i}`, `${i}`), a.get(`k${i}`)]).flat());
    assert.deepEqual(replies.filter((_, i) => i % 2 === 1),
                     Array.from({length: 2000}, (_, i) => `${i}`));
    assert.deepEqual(await a.multi().set('x', '1').incr('x').get('x').execAsPipeline(),
                     ['OK', 2, '2']);
  });

  test('MULTI and EXEC', async () => {
    assert.deepEqual(await a.multi().set('k', '1').incr('k').get('k').exec(), ['OK', 2, '2']);
    await assert.rejects(a.multi().set('k', 'text').incr('k').exec());
    assert.equal(await a.get('k'), 'text');  // The others of the block stand, as in Redis.
  });

  test('WATCH lets EXEC through, or aborts it', async () => {
    await a.watch('k');
    await b.set('elsewhere', 'x');
    assert.deepEqual(await a.multi().set('k', '1').exec(), ['OK']);

    await a.watch('k');
    await b.set('k', '100');
    await assert.rejects(a.multi().set('k', '2').exec(), WatchError);
    assert.equal(await a.get('k'), '100');
  });

  test('BEGIN, COMMIT, ROLLBACK', async () => {
    assert.equal(await a.sendCommand(['BEGIN']), 'OK');
    await a.set('k', 'v');
    assert.equal(await a.get('k'), 'v');
    assert.equal(await b.get('k'), null);
    assert.ok(await a.sendCommand(['COMMIT']) > 0);
    assert.equal(await b.get('k'), 'v');

    await a.sendCommand(['BEGIN', 'SERIALIZABLE']);
    await a.del('k');
    assert.equal(await a.sendCommand(['ROLLBACK']), 'OK');
    assert.equal(await a.get('k'), 'v');
  });

  test('COMMIT with a conflict', async () => {
    await a.set('contested', '0');
    await a.sendCommand(['BEGIN']);
    await b.sendCommand(['BEGIN']);
    await a.incr('contested');
    await b.incr('contested');
    await a.set('innocent', 'x');
    await b.sendCommand(['COMMIT']);
    await assert.rejects(a.sendCommand(['COMMIT']), /CONFLICT .*contested/);
    assert.equal(await a.get('contested'), '1');
    assert.equal(await a.get('innocent'), null);
  });

  test('RANGE', async () => {
    await a.mSet({a: '1', b: '2', c: '3'});
    assert.deepEqual(await a.sendCommand(['RANGE', '[b', '+']), ['b', 'c']);
    const withValues = await a.sendCommand(['RANGE', '-', '(c', 'WITHVALUES']);
    assert.deepEqual(withValues.flat(), ['a', '1', 'b', '2']);
  });

  test('a retry loop on several connections counts every increment', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => connect()));
    await Promise.all(clients.map(async (client) => {
      for (let done = 0; done < 30;) {
        await client.sendCommand(['BEGIN']);
        const n = Number(await client.get('n') ?? 0);
        await client.set('n', `${n + 1}`);
        try {
          await client.sendCommand(['COMMIT']);
          ++done;
        } catch (error) {
          assert.match(error.message, /^CONFLICT /);
        }
      }
      await client.close();
    }));
    assert.equal(await a.get('n'), '90');
  });

  test('a client that the server has cut off comes back as it was', async (t) => {
    const c = await connect({database: 3, name: 'phoenix'});
    t.after(() => c.destroy());
    await c.set('k', 'kept');
    const id = await c.clientId();
    const ready = readyAgain(c);
    assert.equal(await a.sendCommand(['CLIENT', 'KILL', 'ID', `${id}`]), 1);
    await ready;
    assert.notEqual(await c.clientId(), id);
    assert.equal(await c.clientGetName(), 'phoenix');
    assert.equal(await c.get('k'), 'kept');
    assert.equal(await a.get('k'), null);  // Another database.
  });

  test('a transaction ends with its connection', async (t) => {
    const c = await connect();
    t.after(() => c.destroy());
    await c.sendCommand(['BEGIN']);
    await c.set('k', 'uncommitted');
    const ready = readyAgain(c);
    await a.sendCommand(['CLIENT', 'KILL', 'ID', `${await c.clientId()}`]);
    await ready;
    await c.set('l', 'at once');
    assert.deepEqual(await a.mGet(['k', 'l']), [null, 'at once']);
    await assert.rejects(c.sendCommand(['COMMIT']));
  });
}

await forEachVersion('node-redis', modules, (module, {protocol}) => {
  for (const RESP of [undefined, 2, 3]) {
    describe(RESP ? `RESP${RESP}` : 'by default', () => suite(module, RESP, RESP ?? protocol));
  }
});
