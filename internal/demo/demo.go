// Package demo makes families that do not exist.
package demo
