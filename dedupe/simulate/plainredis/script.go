package plainredis

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

func digest(source string) string {
	sum := sha1.Sum([]byte(source))
	return hex.EncodeToString(sum[:])
}

// script is SCRIPT LOAD, EXISTS and FLUSH.
func (s *Server) script(args []string) any {
	switch strings.ToLower(args[0]) {
	case "load":
		if len(args) != 2 {
			return wrongNumber("script|load")
		}
		if _, err := s.compile(args[1]); err != nil {
			return compileFailure(err)
		}
		return digest(args[1])
	case "exists":
		out := []any{}
		for _, sha := range args[1:] {
			out = append(out, flag(s.scripts[strings.ToLower(sha)] != nil))
		}
		return out
	case "flush":
		clear(s.scripts)
		return ok
	}
	return failure("ERR unknown subcommand '" + args[0] + "'. Try SCRIPT HELP.")
}

func compileFailure(err error) failure {
	return failure("ERR Error compiling script (new function): " + oneLine(err.Error()))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// compile remembers a script; each is compiled once.
func (s *Server) compile(source string) (*lua.FunctionProto, error) {
	sha := digest(source)
	if p := s.scripts[sha]; p != nil {
		return p, nil
	}
	chunk, err := parse.Parse(strings.NewReader(source), "user_script")
	if err != nil {
		return nil, err
	}
	p, err := lua.Compile(chunk, "user_script")
	if err != nil {
		return nil, err
	}
	s.scripts[sha] = p
	return p, nil
}

func (s *Server) eval(args []string) any {
	if bad := checkKeys(args[1:]); bad != nil {
		return bad
	}
	p, err := s.compile(args[0])
	if err != nil {
		return compileFailure(err)
	}
	return s.run(p, args[1:])
}

func (s *Server) evalsha(args []string) any {
	if bad := checkKeys(args[1:]); bad != nil {
		return bad
	}
	p := s.scripts[strings.ToLower(args[0])]
	if p == nil {
		return failure("NOSCRIPT No matching script. Please use EVAL.")
	}
	return s.run(p, args[1:])
}

// checkKeys says what is wrong with a number of keys, and the keys and arguments after it.
func checkKeys(args []string) any {
	n, isInt := integer(args[0])
	switch {
	case !isInt:
		return errInt
	case n < 0:
		return failure("ERR Number of keys can't be negative")
	case int(n) > len(args)-1:
		return failure("ERR Number of keys can't be greater than number of args")
	}
	return nil
}

// run runs a script with the number of keys, the keys and the arguments.
func (s *Server) run(p *lua.FunctionProto, args []string) any {
	n, _ := integer(args[0])
	l := s.state()
	l.SetGlobal("KEYS", table(l, args[1:n+1]))
	l.SetGlobal("ARGV", table(l, args[n+1:]))
	defer l.SetTop(0)
	if err := l.CallByParam(lua.P{Fn: l.NewFunctionFromProto(p), NRet: 1, Protect: true}); err != nil {
		return scriptFailure(err)
	}
	return fromLua(l.Get(-1))
}

// scriptFailure is what an error within a script is answered. One of a command is passed on.
func scriptFailure(err error) failure {
	if e, is := err.(*lua.ApiError); is {
		if t, is := e.Object.(*lua.LTable); is {
			if text, is := t.RawGetString("err").(lua.LString); is {
				return failure(text)
			}
		}
		return failure("ERR Error running script: " + oneLine(e.Object.String()))
	}
	return failure("ERR Error running script: " + oneLine(err.Error()))
}

func table(l *lua.LState, args []string) *lua.LTable {
	t := l.CreateTable(len(args), 0)
	for _, a := range args {
		t.Append(lua.LString(a))
	}
	return t
}

// state is the interpreter, without what reaches outside of it.
func (s *Server) state() *lua.LState {
	if s.lua != nil {
		return s.lua
	}
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	for _, open := range []lua.LGFunction{lua.OpenBase, lua.OpenTable, lua.OpenString, lua.OpenMath} {
		l.Push(l.NewFunction(open))
		l.Call(0, 0)
	}
	for _, name := range []string{"dofile", "loadfile", "load", "loadstring", "print", "require", "module", "collectgarbage"} {
		l.SetGlobal(name, lua.LNil)
	}
	l.SetGlobal("redis", l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"call":         func(l *lua.LState) int { return s.call(l, true) },
		"pcall":        func(l *lua.LState) int { return s.call(l, false) },
		"error_reply":  func(l *lua.LState) int { l.Push(word(l, "err", l.CheckString(1))); return 1 },
		"status_reply": func(l *lua.LState) int { l.Push(word(l, "ok", l.CheckString(1))); return 1 },
		"sha1hex":      func(l *lua.LState) int { l.Push(lua.LString(digest(l.CheckString(1)))); return 1 },
	}))
	s.lua = l
	return l
}

func word(l *lua.LState, name, text string) *lua.LTable {
	t := l.NewTable()
	t.RawSetString(name, lua.LString(text))
	return t
}

// call is redis.call: a command within a script.
func (s *Server) call(l *lua.LState, raise bool) int {
	args := make([]string, l.GetTop())
	for i := range args {
		switch v := l.Get(i + 1).(type) {
		case lua.LString:
			args[i] = string(v)
		case lua.LNumber:
			args[i] = number(float64(v))
		default:
			l.RaiseError("Lua redis lib command arguments must be strings or integers")
		}
	}
	if len(args) == 0 {
		l.RaiseError("Please specify at least one argument for this redis.call()")
	}
	name := strings.ToLower(args[0])
	var reply any
	switch name {
	case "eval", "evalsha", "script", "multi", "exec", "watch":
		reply = failure("ERR This Redis command is not allowed from script")
	default:
		reply = s.do(name, args[1:])
	}
	v := toLua(l, reply)
	if _, failed := reply.(failure); failed && raise {
		l.Error(v, 1)
	}
	l.Push(v)
	return 1
}

// number is how Lua 5.1 writes a number.
func number(f float64) string {
	if f == float64(int64(f)) && f < 1e17 && f > -1e17 {
		return strconv.FormatInt(int64(f), 10)
	}
	return fmt.Sprintf("%.17g", f)
}

func toLua(l *lua.LState, reply any) lua.LValue {
	switch r := reply.(type) {
	case int64:
		return lua.LNumber(r)
	case string:
		return lua.LString(r)
	case status:
		return word(l, "ok", string(r))
	case failure:
		return word(l, "err", string(r))
	case []any:
		t := l.CreateTable(len(r), 0)
		for i, part := range r {
			t.RawSetInt(i+1, toLua(l, part))
		}
		return t
	}
	return lua.LFalse
}

func fromLua(v lua.LValue) any {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return int64(v)
	case lua.LBool:
		if v {
			return int64(1)
		}
	case *lua.LTable:
		if text, is := v.RawGetString("err").(lua.LString); is {
			return failure(text)
		}
		if text, is := v.RawGetString("ok").(lua.LString); is {
			return status(text)
		}
		out := []any{}
		for i := 1; v.RawGetInt(i) != lua.LNil; i++ {
			out = append(out, fromLua(v.RawGetInt(i)))
		}
		return out
	}
	return nil
}
