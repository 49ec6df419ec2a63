/* route.h - the paths of a server and who handles them; private to the folder. Any thread. */
#pragma once
#include "http/http.h"

enum { HTTP_TOKEN_HASH_BYTES = 32 };

struct route {
    char *method, *path, *doc;
    bool needs_token;
    bool always;
    unsigned char token_hash[HTTP_TOKEN_HASH_BYTES];
    size_t body_bytes_max;
    void (*handle)(struct http_request *r, void *context);
    void *context;
    uint32_t users;   /* requests that point here, under routes_lock as all below */
    uint32_t running; /* handlers */
    bool removed;     /* freed with its last user */
    struct route *next;
};

/* Finds and takes a route; else gives 404 or 405. */
int http__route_take(struct http_request *r, struct slice method);
void http__route_give(struct http_server *s, struct route *route);
/* Around a call of the handler; false: removed meanwhile. */
MUST_USE bool http__route_begin(struct http_server *s, struct route *route);
void http__route_end(struct http_server *s, struct route *route);
/* JSON of the paths there are, or of the methods of one. */
void http__route_list(struct http_server *s, struct slice only_path, struct buf *out);
/* "Allow: GET, POST\r\n" */
void http__route_methods(struct http_server *s, struct slice path, char *out, size_t bytes);
void http__routes_free(struct http_server *s);
void http__token_hash(struct slice token, unsigned char out[HTTP_TOKEN_HASH_BYTES]);
