"""From talking-head video to the motion of 468 points of a face, followed by MediaPipe in an environment of its own."""
