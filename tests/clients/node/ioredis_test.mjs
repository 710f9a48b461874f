// ioredis against the server at NACRE_PORT. It asks INFO before it is ready. Version 5 speaks RESP2 only;
// version 6 RESP3, unless it is told otherwise.

import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, test} from 'node:test';
import {forEachVersion, readyAgain} from './support.mjs';

const port = Number(process.env.NACRE_PORT);

const modules = {
  5: {name: 'ioredis', nodeMin: 18, protocols: {'by default': [{}, 2]}},
  6: {name: 'ioredis6', nodeMin: 20, protocols: {'by default': [{}, 3], 'RESP2': [{protocol: 2}, 2]}},
};

// options: what every client is made with. protocol: what it is to speak then.
function suite({Redis}, options, protocol) {
  const connect = (more = {}) => new Redis({port, ...options, ...more});

  let a;
  let b;
  before(async () => {
    a = connect();
    b = connect();
    await Promise.all([a.ping(), b.ping()]);
  });
  after(async () => {
    assert.equal(await a.quit(), 'OK');
    assert.equal(await b.quit(), 'OK');
  });
  beforeEach(async () => {
    await a.flushall();
  });

  test('the protocol is the one asked for', async () => {
    const hello = await a.call('HELLO');
    assert.equal(hello[hello.indexOf('proto') + 1], protocol);
  });

  test('strings', async () => {
    assert.equal(await a.set('k', 'v'), 'OK');
    assert.equal(await a.get('k'), 'v');
    assert.equal(await a.get('missing'), null);
    assert.equal(await a.set('k', 'w', 'NX'), null);
    assert.equal(await a.set('k', 'w', 'EX', 1000, 'GET'), 'v');
    const ttl = await a.ttl('k');
    assert.ok(ttl > 990 && ttl <= 1000);
    assert.equal(await a.mset('m', 1, 'n', 2), 'OK');
    assert.deepEqual(await a.mget('m', 'missing', 'n'), ['1', null, '2']);
    assert.equal(await a.incrby('n', 40), 42);
    assert.equal(await a.append('k', 'yz'), 3);
    assert.equal(await a.strlen('k'), 3);
    assert.deepEqual((await a.keys('*')).sort(), ['k', 'm', 'n']);
    assert.equal(await a.exists('k', 'missing', 'm'), 2);
    assert.equal(await a.del('k', 'missing'), 1);
    assert.equal(await a.dbsize(), 2);
  });

  test('binary and large values', async () => {
    const value = Buffer.from(Array.from({length: 1_000_000}, (_, i) => i % 256));
    await a.set('k', value);
    assert.ok((await a.getBuffer('k')).equals(value));
  });

  test('databases are separate', async () => {
    const one = connect({db: 1});
    await a.set('k', 'zero');
    assert.equal(await one.get('k'), null);
    await one.quit();
  });

  test('pipelines', async () => {
    const pipeline = a.pipeline();
    for (let i = 0; i < 2000; ++i) pipeline.set(`k${i}`, i).get(`k${i}`);
    const replies = await pipeline.exec();
    assert.equal(replies.length, 4000);
    for (let i = 0; i < 2000; ++i) {
      assert.deepEqual(replies[2 * i], [null, 'OK']);
      assert.deepEqual(replies[2 * i + 1], [null, `${i}`]);
    }
    const [[, ok], [error], [, value]] = await a.pipeline().set('t', 'abc').incr('t').get('t').exec();
    assert.equal(ok, 'OK');
    assert.match(error.message, /not an integer/);
    assert.equal(value, 'abc');
  });

  test('MULTI and EXEC', async () => {
    assert.deepEqual(await a.multi().set('k', 1).incr('k').get('k').exec(),
                     [[null, 'OK'], [null, 2], [null, '2']]);
    await assert.rejects(a.multi().set('k').exec(), /EXECABORT/);
  });

  test('WATCH lets EXEC through, or aborts it', async () => {
    await a.watch('k');
    await b.set('elsewhere', 'x');
    assert.deepEqual(await a.multi().set('k', 1).exec(), [[null, 'OK']]);

    await a.watch('k');
    await b.set('k', 100);
    assert.equal(await a.multi().set('k', 2).exec(), null);
    assert.equal(await a.get('k'), '100');
  });

  test('BEGIN, COMMIT, ROLLBACK', async () => {
    assert.equal(await a.call('BEGIN'), 'OK');
    await a.set('k', 'v');
    assert.equal(await a.get('k'), 'v');
    assert.equal(await b.get('k'), null);
    assert.ok(await a.call('COMMIT') > 0);
    assert.equal(await b.get('k'), 'v');

    await a.call('BEGIN', 'SERIALIZABLE');
    await a.del('k');
    assert.equal(await a.call('ROLLBACK'), 'OK');
    assert.equal(await a.get('k'), 'v');
  });

  test('COMMIT with a conflict', async () => {
    await a.set('contested', 0);
    await a.call('BEGIN');
    await b.call('BEGIN');
    await a.incr('contested');
    await b.incr('contested');
    await a.set('innocent', 'x');
    await b.call('COMMIT');
    await assert.rejects(a.call('COMMIT'), /CONFLICT .*contested/);
    assert.equal(await a.get('contested'), '1');
    assert.equal(await a.get('innocent'), null);
  });

  test('a pipelined transaction in one round trip', async () => {
    const replies = await a.pipeline().call('BEGIN').set('k', 1).incr('k').call('COMMIT').exec();
    assert.deepEqual(replies.map(([error]) => error), [null, null, null, null]);
    assert.equal(replies[2][1], 2);
    assert.ok(replies[3][1] > 0);
  });

  test('RANGE', async () => {
    await a.mset('a', 1, 'b', 2, 'c', 3);
    assert.deepEqual(await a.call('RANGE', '[b', '+'), ['b', 'c']);
    assert.deepEqual((await a.call('RANGE', '+', '-', 'REV', 'LIMIT', 0, 1, 'WITHVALUES')).flat(),
                     ['c', '3']);
  });

  test('a client that the server has cut off comes back as it was', async (t) => {
    const c = connect({db: 3, connectionName: 'phoenix'});
    t.after(() => c.disconnect());
    await c.set('k', 'kept');
    const id = await c.client('ID');
    const ready = readyAgain(c);
    assert.equal(await a.client('KILL', 'ID', id), 1);
    await ready;
    assert.notEqual(await c.client('ID'), id);
    assert.equal(await c.client('GETNAME'), 'phoenix');
    assert.equal(await c.get('k'), 'kept');
    assert.equal(await a.get('k'), null);  // Another database.
  });

  test('a transaction ends with its connection', async (t) => {
    const c = connect();
    t.after(() => c.disconnect());
    await c.call('BEGIN');
    await c.set('k', 'uncommitted');
    const ready = readyAgain(c);
    await a.client('KILL', 'ID', await c.client('ID'));
    await ready;
    await c.set('l', 'at once');
    assert.deepEqual(await a.mget('k', 'l'), [null, 'at once']);
    await assert.rejects(c.call('COMMIT'));
  });
}

await forEachVersion('ioredis', modules, (module, {protocols}) => {
  for (const [title, [options, protocol]] of Object.entries(protocols)) {
    describe(title, () => suite(module, options, protocol));
  }
});
