/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * The usual way to read a BPF ring buffer in Node: libbpf hands over one record after the other, and each becomes a
 * buffer and a call of a JavaScript function. An addon with one function, consume(PIN, TAKE): gives TAKE all records
 * that wait in the pinned ring, leaves them there, and returns how many they are; negative: an errno.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <node_api.h>
#include <sys/mman.h>
#include <unistd.h>

struct taker {
	napi_env env;
	napi_value take;
};

static int give(void *context, void *record, size_t size)
{
	struct taker *taker = context;
	napi_env env = taker->env;
	napi_handle_scope scope;
	napi_value global, copy;
	int failed = 1;

	if (napi_open_handle_scope(env, &scope) != napi_ok)
		return -ENOMEM;
	if (napi_get_global(env, &global) == napi_ok &&
	    napi_create_buffer_copy(env, size, record, NULL, &copy) == napi_ok)
		failed = napi_call_function(env, global, taker->take, 1, &copy, NULL) != napi_ok;
	napi_close_handle_scope(env, scope);
	return failed ? -ECANCELED : 0;
}

/* Reads the ring to its end, then puts the consumer's position, all that its first page holds, back to where it was. */
static int consume_all(int ring, struct taker *taker)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned long *position = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	unsigned long begin;
	struct ring_buffer *buffer;
	int count;

	if (position == MAP_FAILED)
		return -errno;
	begin = *position;
	buffer = ring_buffer__new(ring, give, taker, NULL);
	count = buffer == NULL ? -errno : ring_buffer__consume(buffer);
	ring_buffer__free(buffer);
	__atomic_store_n(position, begin, __ATOMIC_RELEASE);
	munmap(position, page);
	return count;
}

static napi_value consume(napi_env env, napi_callback_info info)
{
	struct taker taker = { .env = env };
	napi_value arguments[2], result;
	size_t count = 2;
	char pin[4096];
	int ring, taken;

	if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
	    napi_get_value_string_utf8(env, arguments[0], pin, sizeof pin, NULL) != napi_ok)
		return NULL;
	taker.take = arguments[1];
	ring = bpf_obj_get(pin);
	taken = ring < 0 ? -errno : consume_all(ring, &taker);
	if (ring >= 0)
		close(ring);
	napi_create_int32(env, taken, &result);
	return result;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	napi_value function;

	if (napi_create_function(env, "consume", NAPI_AUTO_LENGTH, consume, NULL, &function) == napi_ok)
		napi_set_named_property(env, exports, "consume", function);
	return exports;
}
