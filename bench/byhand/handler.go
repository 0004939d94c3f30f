package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
)

// maxBody is what Souk's server takes.
const maxBody = 256 << 10

// handler answers the operations.
type handler struct{ pool *pgxpool.Pool }

// request is the body of a request.
type request struct {
	OperationName string
	Variables     struct{ Slug string }
}

// buffers have room for a listing of 50, with the texts of its lists.
var buffers = sync.Pool{New: func() any { return &buffer{answer: make([]byte, 0, 64<<10)} }}

// buffer is the memory that an answer needs.
type buffer struct {
	answer []byte
	page   page
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var asked request
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	b.answer = append(b.answer[:0], `{"data":`...)
	found, err := h.answer(r.Context(), b, &asked)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	case !found:
		http.Error(w, "no operation of this server has the name", http.StatusBadRequest)
		return
	}
	b.answer = append(b.answer, '}')
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b.answer)))
	_, _ = w.Write(b.answer) // fails when the client has left
}

// answer appends the data of an operation.
func (h *handler) answer(ctx context.Context, b *buffer, asked *request) (found bool, err error) {
	switch asked.OperationName {
	case "Typename":
		b.answer = append(b.answer, `{"__typename":"Query"}`...)
	case "Product":
		b.answer, err = h.product(ctx, b.answer, asked.Variables.Slug)
	case "Listing":
		err = h.listing(ctx, b)
	default:
		return false, nil
	}
	return true, err
}
