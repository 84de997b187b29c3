/*
 * edges.h
 *		Rows of pg_depend on their way into a model (private to src/model).
 */
#ifndef SV_EDGES_H
#define SV_EDGES_H

#include "access/htup.h"
#include "model/model.h"
#include "utils/relcache.h"

typedef struct Edge
{
	ObjectAddress from;			/* needs */
	ObjectAddress to;
	char		type;			/* of pg_depend */
} Edge;

typedef struct Edges
{
	Edge	   *edges;
	int			n;
	int			allocated;
} Edges;

extern bool sv_edge_is_inner(char type, Oid from, Oid to);
extern bool sv_are_few(int n, Relation catalog);
extern Edge *sv_edge_add(Edges *edges, HeapTuple tuple);
extern Object *sv_edge_object(const Model *model, const ObjectAddress *address);
extern void sv_edges_resolve_inner(Model *model, const Edges *edges);
extern void sv_edges_link(Model *model, const Edges *edges);

#endif							/* SV_EDGES_H */
