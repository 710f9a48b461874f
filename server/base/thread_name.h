#ifndef NACRE_SERVER_BASE_THREAD_NAME_H_
#define NACRE_SERVER_BASE_THREAD_NAME_H_

#include <pthread.h>

#include <string>

namespace nacre::server {

// Names the calling thread for `top -H` and debuggers; at most 15 characters.
inline void NameThisThread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace nacre::server

#endif  // NACRE_SERVER_BASE_THREAD_NAME_H_
