package e2e;
public class Server { public static void main(String[] a) {} }
